"""What a run leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dcpg_theory.engine.accuracy import Accuracy
from dcpg_theory.engine.recording import Record
from dcpg_theory.exact.numbers import Array
from dcpg_theory.notebook import Card, Shown, number, text

__all__ = ["Trace"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trace(Shown):
    """The end of a run of Algorithm 1, and what was recorded on the way.

    Attributes
    ----------
    parameters : ndarray, shape (n_tasks, n_states, n_actions)
        The last theta_i of every agent, over the union of the states; finite, read-only.
    iterations : int
        How many iterations led there.
    recorded : mapping of str to ndarray
        ``recorded["iteration"]`` holds the n iterations that were recorded, in ascending order; the
        first axis of every other array goes with it. The names and shapes stand in `Record`. Of a
        streamed record these are views of its file; on MPI ranks other than 0 it is then empty.
    record : Record
        What was asked to be recorded.
    path : str
        Which implementation ran, one of `paths.PATHS`.
    stopped : str or None
        Why the run ended before its last iteration, if it did.
    method : str
        One of `methods.METHODS`.
    accuracy : Accuracy or None
        How good the first and the last gradients were, and those of iterations 1000, 4000, 16000
        and so on; None if that was not to be checked, or gradients were estimated.
    """

    parameters: Array
    iterations: int
    recorded: Mapping[str, Array]
    record: Record
    path: str = "reference"
    stopped: str | None = None
    method: str = "dcpg"
    accuracy: Accuracy | None = None

    @property
    def mean_parameters(self) -> Array:
        """The mean of the agents' parameters, thetabar, shape (n_states, n_actions)."""
        mean: Array = self.parameters.mean(axis=0)
        return mean

    @property
    def final(self) -> dict[str, Any]:
        """The last recorded value of every quantity: of the parameters `parameters`."""
        return {name: series[-1] for name, series in self.recorded.items()}

    def __repr__(self) -> str:
        stopped = f", stopped: {self.stopped}" if self.stopped else ""
        return (
            f"Trace({self.iterations} iterations, parameters of shape {self.parameters.shape}, "
            f"{len(self.recorded['iteration'])} recorded, path={self.path!r}{stopped})"
        )

    def _card(self) -> Card:
        rows = [
            ("method", text(self.method)),
            ("iterations", text(self.iterations)),
            ("parameters", text(" × ".join(str(n) for n in self.parameters.shape))),
        ]
        if self.stopped:
            rows.append(("stopped", text(self.stopped)))
        for name, series in self.recorded.items():
            if name != "iteration" and series.ndim == 1 and len(series):
                change = f"{number(series[0])} → {number(series[-1])}"
                rows.append((name.replace("_", " "), text(change)))
        return Card("Trace", tuple(rows))
