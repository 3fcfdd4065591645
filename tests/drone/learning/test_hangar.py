"""Simulators that are lost, found again, or never there."""

from __future__ import annotations

import pytest

from dcpg_theory.drone.learning.hangar import Hangar
from dcpg_theory.drone.simulator import SimulatorLost


class Endpoint:
    """Connects, unless told that the simulator is away."""

    label = "somewhere"

    def __init__(self, flat_sim, away: int = 0, dead: bool = False) -> None:
        self.made, self.away, self.dead, self._make = [], away, dead, flat_sim

    def connect(self):
        if self.dead or (self.made and self.away > 0):
            self.away -= 1
            raise SimulatorLost("nobody there")
        self.made.append(self._make())
        return self.made[-1]


def lost_times(count: int):
    """A flight that loses its simulator so many times."""
    lost = []

    def fly(simulator):
        if len(lost) < count:
            lost.append(simulator)
            raise SimulatorLost("it died")
        return simulator

    return fly


def test_a_flight_is_repeated_with_a_new_simulator(flat_sim):
    endpoint = Endpoint(flat_sim, away=2)
    with Hangar([endpoint], attempts=9, pause=0) as hangar:
        found = hangar.flown(0, lost_times(2))
        assert found is endpoint.made[-1]
        assert len(endpoint.made) == 3
        assert [one.closed for one in endpoint.made] == [True, True, False]
    assert endpoint.made[-1].closed


def test_attempts_are_counted(flat_sim):
    with Hangar([Endpoint(flat_sim)], attempts=3, pause=0) as hangar:
        with pytest.raises(SimulatorLost, match="it died"):
            hangar.flown(0, lost_times(3))
        assert hangar.flown(0, lost_times(2))


def test_a_simulator_that_was_never_there_is_not_waited_for(flat_sim):
    said = []
    with (
        Hangar([Endpoint(flat_sim, dead=True)], pause=0, report=said.append) as hangar,
        pytest.raises(SimulatorLost, match="nobody there"),
    ):
        hangar.flown(0, lost_times(0))
    assert said == []
