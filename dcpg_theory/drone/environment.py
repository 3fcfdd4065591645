"""The task as a Gymnasium environment, registered as ``dcpg_theory/Drone-v0``.

>>> import gymnasium
>>> env = gymnasium.make("dcpg_theory.drone.environment:dcpg_theory/Drone-v0")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from dcpg_theory.drone.embedded import EmbeddedSim
from dcpg_theory.drone.simulator import FRAME_SIZE, DroneSim
from dcpg_theory.drone.task import N_ACTIONS, Flight
from dcpg_theory.drone.worlds import world as world_named
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["ID", "DroneEnv"]

ID = "dcpg_theory/Drone-v0"


class DroneEnv(gymnasium.Env[Array, np.int64]):
    """A drone that is to fly far without hitting anything; see `task` for the rules.

    The observation is the camera's colour frame, uint8 of shape (103, 103, 3); there are 25
    actions. An episode ends in a crash and never by itself: give `max_episode_steps` to
    `gymnasium.make`.
    ``info`` holds ``distance``, the safe flight so far in metres, ``pose`` as (x, y, z, yaw) in
    NED, and after a crash ``reason``.

    Parameters
    ----------
    world : str
        0 to 3, ``corridor``, ``hall``, ``rooms``, ``columns``, or an MJCF file.
    world_seed : int
    simulator : DroneSim, optional
        To fly in instead; the environment then does not close it.
    render_mode : str, optional
        ``rgb_array``.

    Raises
    ------
    InvalidInput
        If the world does not load, or the render mode is another.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012 - as the base has it

    def __init__(
        self,
        world: str = "0",
        world_seed: int = 0,
        simulator: DroneSim | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, "rgb_array"):
            raise InvalidInput(f"render_mode={render_mode!r} must be rgb_array or None")
        self.render_mode = render_mode
        self._owned = simulator is None
        self.simulator: DroneSim = simulator or EmbeddedSim(world_named(str(world), world_seed))
        self.observation_space = gymnasium.spaces.Box(
            0, 255, (FRAME_SIZE, FRAME_SIZE, 3), dtype=np.uint8
        )
        self.action_space = gymnasium.spaces.Discrete(N_ACTIONS)
        self._flight: Flight | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Begin a flight; ``options={"start": k}`` says where, else the seed does."""
        super().reset(seed=seed)
        start = (options or {}).get("start")
        if start is None:
            start = self.np_random.integers(self.simulator.n_starts)
        self._flight = Flight(self.simulator, int(start), self.np_random)
        return self._flight.frame.rgb, self._info(self._flight)

    def step(self, action: np.int64) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Do an action.

        Raises
        ------
        gymnasium.error.ResetNeeded
            Before the first `reset`.
        InvalidInput
            If there is no such action.
        """
        if self._flight is None:
            raise gymnasium.error.ResetNeeded("call reset before step")
        step = self._flight.step(int(action))
        info = self._info(self._flight)
        if step.crashed:
            info["reason"] = step.reason
        return step.frame.rgb, float(step.reward), step.crashed, False, info

    def render(self) -> Array | None:
        """Return the frame that is seen now."""
        if self.render_mode is None or self._flight is None:
            return None
        return self._flight.frame.rgb

    def close(self) -> None:
        """Free the simulator, if the environment made it."""
        if self._owned:
            self.simulator.close()

    @staticmethod
    def _info(flight: Flight) -> dict[str, Any]:
        pose = flight.pose
        return {"distance": flight.distance, "pose": (pose.x, pose.y, pose.z, pose.yaw)}


gymnasium.register(id=ID, entry_point="dcpg_theory.drone.environment:DroneEnv")
