r"""The quantities of Theorem 2's proof, for two tasks with symbols for everything else.

``s`` = 1/|S| and ``a`` = 1/|A|; ``D`` and ``beta`` are what B.1 defines. The agent i of (40)-(43) is
the first task's, the sums run over j.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.latex import normalized
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.readings.sums import Index, Ranges, read
from proofs_check.symbols import DISCOUNT

__all__ = ["BOX", "N_TASKS", "Terms"]

N_TASKS = 2
_SYMBOLS = ("gamma_1", "gamma_2", "s", "a", "sigma", "lambda", "alpha", "K", "c_1", "RE", "c_2")

BOX = Box(
    **dict.fromkeys(_SYMBOLS, DISCOUNT) | {"K": open_interval(0, 8), "c_1": open_interval(0, 8)}
)


class Terms:
    """Reads the displays (39)-(46) with given values, symbols by default.

    Parameters
    ----------
    values : mapping from the names of the symbols to exact values, optional
    agent : int
        Which task the index i means outside a sum.
    expanded : bool
        Whether D and beta^lambda stand for their definitions (else for symbols of their own).
    """

    def __init__(self, values: Mapping[str, Any] | None = None, agent: int = 0) -> None:
        given = dict(values or {})
        made = dict(zip(_SYMBOLS, symbols(*_SYMBOLS), strict=True))
        self.values = {
            name: RationalFunction.constant(given[name]) if name in given else symbol
            for name, symbol in made.items()
        }
        self.agent = agent

    @property
    def discounts(self) -> list[Any]:
        """gamma_1 and gamma_2."""
        return [self.values["gamma_1"], self.values["gamma_2"]]

    def smoothness(self, task: int) -> Any:
        """beta_j = 8/(1 - gamma_j)^3 + 2 lambda/|S|."""
        v = self.values
        return 8 / (1 - self.discounts[task]) ** 3 + 2 * v["lambda"] * v["s"]

    @property
    def total_smoothness(self) -> Any:
        """The beta^lambda of (27)."""
        return self.smoothness(0) + self.smoothness(1)

    @property
    def gradient_bound(self) -> Any:
        """D = 2 N lambda + sum_i 1/(1 - gamma_i)^2."""
        return 2 * N_TASKS * self.values["lambda"] + sum(
            1 / (1 - gamma) ** 2 for gamma in self.discounts
        )

    @property
    def under_the_root(self) -> Any:
        """What (34) gives: c_1/(K alpha^2) sum_j (1/(1 - gamma_j) + lambda RE)."""
        v = self.values
        rest = sum(1 / (1 - gamma) + v["lambda"] * v["RE"] for gamma in self.discounts)
        return v["c_1"] / (v["K"] * v["alpha"] ** 2) * rest

    @property
    def consensus(self) -> Any:
        """What (40) and (41) give: sum_j beta_j 2 alpha D/(1 - sigma_2)."""
        v = self.values
        return self.total_smoothness * 2 * v["alpha"] * self.gradient_bound / (1 - v["sigma"])

    @property
    def threshold(self) -> Any:
        """Lambda N/(2|S||A|)."""
        v = self.values
        return v["lambda"] * N_TASKS * v["s"] * v["a"] / 2

    def names(self, at: Index) -> dict[str, Any]:
        """Return the values of the printed symbols."""
        v = self.values
        known: dict[str, Any] = {
            r"\lambda": v["lambda"],
            r"\alpha": v["alpha"],
            r"\sigma_2": v["sigma"],
            "c_1": v["c_1"],
            "c_2": v["c_2"],
            "K": v["K"],
            "N": N_TASKS,
            "D": self.gradient_bound,
            r"\beta^\lambda": self.total_smoothness,
            r"\text{RE}(\pi_{\theta^0})": v["RE"],
            r"|\mathcal{S}|": 1 / v["s"],
            r"|\mathcal{A}|": 1 / v["a"],
            r"\beta_i^\lambda": self.smoothness(at.get("i", self.agent)),
            r"\gamma_i": self.discounts[at.get("i", self.agent)],
        }
        if "j" in at:
            known[r"\gamma_j"] = self.discounts[at["j"]]
            known[r"\beta_j^\lambda"] = self.smoothness(at["j"])
        return known

    @property
    def ranges(self) -> Ranges:
        """The two tasks."""
        return {
            rf"\sum_{{{i}=1}}^N": lambda _, i=i: [{i: task} for task in range(N_TASKS)]  # type: ignore[misc]
            for i in "ij"
        }

    def value_of(self, latex: str) -> Any:
        """Return an expression's value; nothing at all is 0."""
        text = normalized(latex).strip("&,.")
        if not text:
            return 0 * self.values["s"]
        return read(text, self.names, self.ranges)
