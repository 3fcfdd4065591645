"""Simulators in use, one an agent: one that is lost is connected to again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from dcpg_theory.drone.endpoints import Endpoint
from dcpg_theory.drone.simulator import DroneSim, SimulatorLost

__all__ = ["Hangar"]

_T = TypeVar("_T")


class Hangar:
    """Holds a simulator for each endpoint.

    Parameters
    ----------
    endpoints : sequence of Endpoint
    attempts : int
        How often to try to connect before giving up.
    pause : float
        Seconds between two attempts.
    report : callable, optional
        Is told what happens, in words.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        attempts: int = 60,
        pause: float = 1.0,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self._endpoints, self._attempts, self._pause = tuple(endpoints), attempts, pause
        self._report = report or (lambda _: None)
        self._open: dict[int, DroneSim] = {}

    def __enter__(self) -> Hangar:
        return self

    def __exit__(self, *_: object) -> None:
        for number in tuple(self._open):
            self._drop(number)

    def simulator(self, number: int) -> DroneSim:
        """Return the simulator of an endpoint, connecting to it if need be."""
        if number not in self._open:
            self._open[number] = self._endpoints[number].connect()
        return self._open[number]

    def flown(self, number: int, fly: Callable[[DroneSim], _T]) -> _T:
        """Return what a flight gives; if the simulator is lost meanwhile, of the flight repeated.

        Raises
        ------
        SimulatorLost
            If the simulator does not come back, or was never there.
        """
        reached = False
        for attempt in range(self._attempts):
            try:
                simulator = self.simulator(number)
                reached = True
                return fly(simulator)
            except SimulatorLost as error:
                self._drop(number)
                if not reached or attempt + 1 == self._attempts:
                    raise
                self._report(f"{error}; trying again ({attempt + 1} of {self._attempts})")
                time.sleep(self._pause)
        raise SimulatorLost(f"no attempt to reach {self._endpoints[number].label} is allowed")

    def _drop(self, number: int) -> None:
        simulator = self._open.pop(number, None)
        if simulator is not None:
            with contextlib.suppress(Exception):  # what is lost may fail to close in any way
                simulator.close()
