"""A client of AirSim's protocol in twenty lines, for what the client packages never send."""

from __future__ import annotations

import socket
from typing import Any


class RawClient:
    """Sends requests and reads replies."""

    def __init__(self, port: int, timeout: float = 30.0) -> None:
        import msgpack

        self._pack = msgpack.packb
        self._unpacker = msgpack.Unpacker(raw=False, strict_map_key=False)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._number = 0

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, method: str, *parameters: Any) -> None:
        self._number += 1
        self.socket.sendall(self._pack([0, self._number, method, list(parameters)]))

    def receive(self) -> list[Any]:
        """Return the next message; an empty list if the server has hung up."""
        while True:
            for message in self._unpacker:
                return list(message)
            data = self.socket.recv(1 << 16)
            if not data:
                return []
            self._unpacker.feed(data)

    def call(self, method: str, *parameters: Any) -> Any:
        """Return the result; a `RuntimeError` carries the server's words."""
        self.send(method, *parameters)
        kind, number, error, result = self.receive()
        assert (kind, number) == (1, self._number)
        if error is not None:
            raise RuntimeError(error)
        return result
