"""A server that speaks AirSim's protocol over an embedded simulator.

Each connection has a thread that reads and decodes; one more thread owns the simulator, since a
renderer belongs to one thread, and does the calls of all connections in the order of their arrival.
So a client that sends slowly, sends nonsense or vanishes keeps nobody else waiting.

A request is ``[0, id, method, [parameters]]``, a reply ``[1, id, error or nil, result or nil]``, a
notification ``[2, method, [parameters]]``, in msgpack one after the other.
"""

from __future__ import annotations

import queue
import socket
import socketserver
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from dcpg_theory.drone.embedded import EmbeddedSim
from dcpg_theory.drone.extra import require
from dcpg_theory.drone.rpc.layouts import Dialect, RpcError
from dcpg_theory.drone.rpc.vehicle import Vehicle
from dcpg_theory.drone.worlds import World
from dcpg_theory.errors import InvalidInput

__all__ = ["AirSimServer"]

LARGEST_FRAME = 1 << 20
MOST_CONNECTIONS = 64
_CHUNK = 1 << 16
_LAST_CHUNKS = 64
_REQUEST, _REPLY, _NOTIFICATION = 0, 1, 2
_SHORTEST = {_REQUEST: 4, _NOTIFICATION: 3}

_Job = tuple[str, list[Any], "Future[Any]"]


class AirSimServer:
    """Serves one world on one port, from its making until `close`.

    Parameters
    ----------
    world : World
    port : int
        0 takes a free one, see `port`.
    dialect : Dialect
    host : str
        The address to listen at; by default only programs on this machine can connect.
    renderer : str, optional
        As for `EmbeddedSim`.

    Attributes
    ----------
    port : int
    backend : str
        What the simulator is.

    Raises
    ------
    InvalidInput
        If the world does not load or the port cannot be had.
    """

    def __init__(
        self,
        world: World,
        port: int = 41451,
        dialect: Dialect = Dialect.COSYS,
        host: str = "127.0.0.1",
        renderer: str | None = None,
    ) -> None:
        require("msgpack", "the AirSim server")
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._ready: Future[str] = Future()
        self._sockets = _Sockets(self._call, host, port)
        self.port = int(self._sockets.server_address[1])
        self._simulating = threading.Thread(
            target=self._simulate, args=(world, dialect, renderer), daemon=True
        )
        self._accepting = threading.Thread(
            target=self._sockets.serve_forever, args=(0.05,), daemon=True
        )
        self._simulating.start()
        try:
            self.backend = self._ready.result()
        except BaseException:
            self._sockets.server_close()
            raise
        self._accepting.start()

    def wait(self) -> None:
        """Wait until the server is closed."""
        while self._accepting.is_alive():
            self._accepting.join(timeout=1)

    def close(self) -> None:
        """Stop listening, end all connections and free the simulator."""
        self._sockets.shutdown()
        self._sockets.server_close()
        self._sockets.hang_up()
        self._jobs.put(None)
        self._simulating.join()

    def __enter__(self) -> AirSimServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, method: str, parameters: list[Any]) -> Any:
        """Have the simulator's thread do a call; called by the connections' threads."""
        future: Future[Any] = Future()
        self._jobs.put((method, parameters, future))
        return future.result()

    def _simulate(self, world: World, dialect: Dialect, renderer: str | None) -> None:
        try:
            simulator = EmbeddedSim(world, renderer)
        except BaseException as error:
            self._ready.set_exception(error)
            return
        vehicle = Vehicle(simulator, dialect)
        self._ready.set_result(simulator.backend)
        while (job := self._jobs.get()) is not None:
            method, parameters, future = job
            try:
                future.set_result(vehicle.call(method, parameters))
            except Exception as error:  # whatever it is, it is one client's call that failed
                future.set_exception(error)
        simulator.close()


class _Sockets(socketserver.ThreadingTCPServer):
    """The listening socket and the connections."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, call: Callable[[str, list[Any]], Any], host: str, port: int) -> None:
        self.call = call
        self.open: set[socket.socket] = set()
        self.lock = threading.Lock()
        try:
            super().__init__((host, port), _Connection)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InvalidInput(
                f"cannot listen at {host}:{port}: {reason}; choose another --port"
            ) from error

    def hang_up(self) -> None:
        """End all connections."""
        with self.lock:
            for connection in self.open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        """Say nothing: a connection that breaks is the client's affair."""


class _Connection(socketserver.BaseRequestHandler):
    """One client: reads frames, has them done, replies."""

    server: _Sockets

    def handle(self) -> None:
        connection: socket.socket = self.request
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.server.lock:
            crowded = len(self.server.open) >= MOST_CONNECTIONS
            if not crowded:
                self.server.open.add(connection)
        try:
            if crowded:
                self._reply(0, f"the server has {MOST_CONNECTIONS} clients already", None)
            else:
                self._converse(connection)
        except OSError:
            pass  # the client has gone
        finally:
            with self.server.lock:
                self.server.open.discard(connection)

    def _converse(self, connection: socket.socket) -> None:
        msgpack = require("msgpack", "the AirSim server")
        # Text is decoded leniently: bytes that are no UTF-8 make an unknown name, not an exception.
        unpacker = msgpack.Unpacker(
            max_buffer_size=LARGEST_FRAME,
            raw=False,
            strict_map_key=False,
            unicode_errors="replace",
        )
        while data := connection.recv(_CHUNK):
            try:
                unpacker.feed(data)
                for message in unpacker:
                    self._answer(message)
            except OSError:
                raise
            except msgpack.BufferFull:
                largest = f"a frame must be at most {LARGEST_FRAME} bytes long"
                self._hang_up(f"{largest}; the connection is closed")
                return
            except Exception as error:  # msgpack raises a dozen kinds for what is no msgpack
                what = str(error) or type(error).__name__
                self._hang_up(f"this is no msgpack ({what}); the connection is closed")
                return

    def _hang_up(self, words: str) -> None:
        """Say why, and read a little more: closing on unread bytes would take the words back."""
        self._reply(0, words, None)
        self.request.shutdown(socket.SHUT_WR)
        self.request.settimeout(1)
        for _ in range(_LAST_CHUNKS):
            if not self.request.recv(_CHUNK):
                return

    def _answer(self, message: Any) -> None:
        kind = message[0] if isinstance(message, list) and message else None
        if kind not in (_REQUEST, _NOTIFICATION) or isinstance(kind, bool):
            self._reply(0, "a request must be [0, id, method, [parameters]]", None)
            return
        *head, method, parameters = message if len(message) == _SHORTEST[kind] else (None, None)
        number = head[1] if kind == _REQUEST and len(head) == 2 else 0
        if not isinstance(number, int):
            number = 0
        if not isinstance(method, str) or not isinstance(parameters, list):
            self._reply(number, "a request must be [0, id, method, [parameters]]", None)
            return
        error, result = None, None
        try:
            result = self.server.call(method, parameters)
        except RpcError as wrong:
            error = str(wrong)
        except Exception as wrong:
            error = f"{method} failed in the server: {type(wrong).__name__}: {wrong}"
        if kind == _REQUEST:
            self._reply(number, error, result)

    def _reply(self, number: int, error: str | None, result: Any) -> None:
        msgpack = require("msgpack", "the AirSim server")
        message = [_REPLY, number, error, result]
        self.request.sendall(msgpack.packb(message, use_single_float=True))
