r"""Theorems 1 and 2, in the forms that hold, along runs of Algorithm 1 with exact gradients.

Confirmation, not proof: random problems, mixing matrices, starts and step sizes that satisfy the
stated hypotheses, in double precision, and what the theorem promises beside what came. The runs are
in `proofs_check.instances.confirmations`; the rates in `dcpg_theory.theory.rates`. Nothing stands on
these claims.

Theorem 1: tasks with transitions, rewards, discounts (0.1 to 0.9) and starts of their own, which
hold all states or some; W with spectra of both signs, for the sharp form also not symmetric; step
sizes from the largest admissible one down. Among them agents that rest at a common stationary
point of L, where the bound is tightest: there K may be any number, and is 10^40.

Theorem 2: tasks that share kernel, discount, start and exploration, or lie on disjoint states. All
runs begin at least 1/2 below the optimum and do not meet the conclusion there; each ends at the
first k at which every agent has met it once. What is not over after 5000 iterations is counted as
too long, confirms nothing but the link (43), which is looked at along all runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.exact.samples import Sample
from dcpg_theory.ledger import Claim, Kind, ingredient, misprint, narrate
from dcpg_theory.theory.rates import CorrectedRates
from proofs_check.instances.confirmations import Run, theorem_1_runs, theorem_2_runs

ENOUGH = 200
LONG = "some hundred runs of Algorithm 1"


def _sample(run: Run, observed: float, bound: float) -> Sample:
    rates = run.rates
    shown = {
        "run": run.name,
        "gamma": rates.discounts,
        "lambda": rates.regularization,
        "sigma_2": rates.second_singular_value,
        "alpha": run.step_size,
        "K": run.iterations,
    }
    return Sample(Fraction(observed), Fraction(bound), shown)


def _enough(kernel: Kernel, count: int) -> Evidence:
    least = kernel.given("least", ENOUGH)
    return kernel.at_instance(count, ">=", least, {"runs that came to an end": count})


# Theorem 1 ------------------------------------------------------------------------------------

_SUM = r"\sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0})\right)"
_SIXTH = r"\sum_{j=1}^N \frac{1}{(1-\gamma_j)^6}"


def _read_as_computed(kernel: Kernel, right: str, run: Run) -> Evidence:
    """The printed right side against the function that all runs are measured by, in rationals."""
    floats, exact = run.rates, Fraction
    rates = CorrectedRates(
        [exact(x) for x in floats.discounts],
        floats.n_states,
        floats.n_actions,
        exact(floats.regularization),
        exact(floats.second_singular_value),
        exact(floats.smallest_eigenvalue),  # type: ignore[union-attr]
    )
    n, entropy = len(rates.discounts), exact(run.entropy)
    start = sum(1 / (1 - x) + rates.regularization * entropy for x in rates.discounts)
    names = {
        _SUM: start,
        _SIXTH: sum(1 / (1 - x) ** 6 for x in rates.discounts),
        r"\lambda_N": rates.smallest_eigenvalue,
        r"\lambda": rates.regularization,
        r"\sigma_2": rates.second_singular_value,
        r"\alpha": exact(run.step_size),
        "D": rates.gradient_bound,
        "K": exact(run.iterations),
        "N": n,
    }
    printed = parse(right, {name: as_fmpq(value) for name, value in names.items()})
    terms = rates.theorem_1(exact(run.step_size), exact(run.iterations), entropy)
    return kernel.at_instance(printed, "=", sum(terms), {"run": run.name})


def _theorem_1_corrected(kernel: Kernel) -> Evidence:
    """For every agent, the least squared norm over k < K against the three terms."""
    runs = theorem_1_runs(sharp=False)
    right = normalized(kernel.statement).split(r"\leq")[1]
    read = [_read_as_computed(kernel, right, run) for run in (runs[1], runs[100], runs[-1])]
    scale = kernel.given("scale", 1.0)

    def bound(run: Run) -> float:
        first, away, weight = run.rates.theorem_1(run.step_size, run.iterations, run.entropy)
        if kernel.given("regularizer over N", False):
            weight /= len(run.rates.discounts)
        return float(scale * (first + away + weight))

    samples = [_sample(run, run.observed**2, bound(run)) for run in runs if run.observed]
    return kernel.every(*read, kernel.ran(samples, "<="), _enough(kernel, len(samples)))


_WORDS = r"On more than 200 random runs with symmetric $W$, equal starts and $\alpha \in (0, \frac{1+\lambda_N}{2\beta^\lambda}]$, for every agent $i$: $\min_{k<K} \|\frac{1}{N} \sum_j \nabla V_j(\theta_i^k)\|^2"
theorem_1_corrected_runs = Claim(
    id="theorem-1-confirmed-runs",
    where="Section 4, Theorem 1, corrected",
    statement=_WORDS
    + rf" \leq \frac{{16}}{{(1+\lambda_N) K\alpha}} {_SUM} + \frac{{512 D^2 \alpha^2}}{{N(1-\sigma_2)^2}} {_SIXTH} + 16\lambda^2",
    kind=Kind.EMPIRICAL,
    check=_theorem_1_corrected,
    controls=(
        ingredient("lambda^2/N, as printed, for agents at rest", **{"regularizer over N": True}),
        ingredient("a fortieth of the bound", scale=1 / 40),
        misprint("16}{(1+", "8}{(1+"),
        misprint(r"+ 16\lambda^2", r"+ \frac{16\lambda^2}{N}"),
        ingredient("more runs than there are", least=1000),
    ),
    note=(
        "16/(1 + lambda_N) and not 16: 2/((1 + lambda_N)/alpha - beta) is at most "
        "4 alpha/(1 + lambda_N) for the step sizes admitted, and lambda_N may be negative"
    ),
    long=LONG,
)


def _theorem_1_sharp(kernel: Kernel) -> Evidence:
    """For every agent, the least norm over k < K against the sharp bound."""
    scale = kernel.given("scale", 1.0)
    lost = kernel.given("without the regularizer", False)
    samples = []
    for run in theorem_1_runs(sharp=True):
        first, away, weight = run.rates.theorem_1(run.step_size, run.iterations, run.entropy)
        bound = scale * (first + away + (0 if lost else weight))
        samples.append(_sample(run, run.observed or 0.0, float(bound)))
    return kernel.every(kernel.ran(samples, "<="), _enough(kernel, len(samples)))


theorem_1_sharp_runs = Claim(
    id="theorem-1-sharp-runs",
    where="Section 4, Theorem 1, sharp",
    statement=(
        "the sharp bound on the mean gradient holds for every agent on more than 300 random runs, "
        "for doubly stochastic mixing matrices that are symmetric or not"
    ),
    kind=Kind.EMPIRICAL,
    check=_theorem_1_sharp,
    controls=(
        ingredient("nine tenths of the bound", scale=0.9),
        ingredient("without the regularizer's gradient", **{"without the regularizer": True}),
        ingredient("more runs than there are", least=1000),
    ),
    note="the bound is SharpRates.theorem_1 of dcpg_theory.theory.rates, whose docstring states it",
    long=LONG,
)


# Theorem 2 ------------------------------------------------------------------------------------


def _theorem_2(*, sharp: bool) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """The first k at which the last agent has met the conclusion, against K; then (43).

        (43) is compared at the number of iterations that each run had, long or not.
        """
        runs = theorem_2_runs(sharp=sharp)
        divisor, scale = kernel.given("divisor", 1.0), kernel.given("scale", 1.0)
        ended = [run for run in runs if run.observed is not None]
        firsts = [_sample(run, float(run.observed or 0), run.iterations / divisor) for run in ended]
        began = kernel.at_instance(
            min(sample.left for sample in firsts), ">=", 1, {"runs": "none met it at k = 0"}
        )
        links = [_sample(run, run.gradient, float(scale * _link(run))) for run in runs]
        return kernel.every(
            kernel.ran(firsts, "<", too_long=len(runs) - len(ended)),
            kernel.ran(links, "<="),
            began,
            _enough(kernel, len(firsts)),
        )

    return check


def _link(run: Run) -> Any:
    return run.rates.gradient_link(run.step_size, run.length, run.entropy)


_REST = ", and (43), in the same form, along all runs, those that were broken off included"
_PROP_1 = "; what (43) leads to is Proposition 1, which is proved"


def _theorem_2_claim(
    id: str, statement: str, divisor: float, scale: float, note: str, *, sharp: bool
) -> Claim:
    return Claim(
        id=id,
        where="Section 4.2, Theorem 2, and Appendix B.2, (43)",
        statement=statement + _REST,
        kind=Kind.EMPIRICAL,
        check=_theorem_2(sharp=sharp),
        controls=(
            ingredient(f"K divided by {divisor:g}", divisor=divisor),
            ingredient(f"{scale:g} of the bound (43)", scale=scale),
            ingredient("more runs than there are", least=1000),
        ),
        note=note + _PROP_1,
        long=LONG,
    )


theorem_2_corrected_runs = _theorem_2_claim(
    "theorem-2-confirmed-runs",
    "on more than 200 random runs every agent is epsilon-optimal once before the corrected count",
    1e6,
    0.01,
    "epsilon is so close to the initial gap that a run is short: the steps are about 10^-5, and K is "
    "10^7 to 10^14, so that this says little more than that the first steps lead the right way",
    sharp=False,
)
theorem_2_sharp_runs = _theorem_2_claim(
    "theorem-2-sharp-runs",
    "on more than 200 random runs every agent is epsilon-optimal once before the sharp count",
    100.0,
    0.4,
    "epsilon is 3/4 of the initial gap",
    sharp=True,
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
