r"""Section 5.2 on stand-in worlds: what recorded runs of `dcpg drone` say of Remark 1 and Theorem 1.

The runs are of ours, in four generated worlds and for fewer episodes than the paper's; each file
says how many. Nothing here repeats a number of Table 1. A claim is about what was recorded, so that
its verdict is at most `supported`.

With u_i^k what agent i's learning adds to its parameters in episode k (the step or steps of ADAM),
theta^{k+1} = W theta^k + u^k for the array of all agents, and all agents begin with the same
parameters. W fixes arrays of equal rows and shrinks what is orthogonal to them by sigma_2, so

    |theta^k - thetabar^k| <= sum_{t<k} sigma_2^{k-1-t} |u^t| <= max_t |u^t| / (1 - sigma_2).

With (9) u^k would be alpha g^k and this the bound alpha D / (1 - sigma_2) with D the largest
gradient; with ADAM alpha D is the longest u^k.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from dcpg_theory.drone.experiment import DCPG
from dcpg_theory.drone.recorded import recorded_tables
from dcpg_theory.drone.statistics import ENOUGH_SEEDS
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.exact.samples import Sample
from dcpg_theory.ledger import Kind, claim, ingredient, misprint, narrate

WHERE = "Section 5.2"
STEP_SIZE = Fraction(1, 10_000)
SECOND_SINGULAR_VALUE = {
    "ring": Fraction(1, 2),
    "complete": Fraction(1, 3),
    "star": Fraction(5, 6),
}
"""Of the lazy Metropolis matrices of four agents."""

_NOTHING = "no run is recorded: `dcpg drone table` makes them"
_LAST = 10


def _logs(*graphs: str) -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    """Yield graph, name and log of every recorded run over one of the graphs."""
    for file, table in recorded_tables().items():
        for algorithm, entry in table["algorithms"].items():
            for graph in graphs:
                logs = entry["training"].get(graph, [])
                for seed, log in zip(table["seeds"], logs, strict=False):
                    run = {"file": file, "run": f"{algorithm}, {graph}, seed {seed}"}
                    yield graph, run, log


def _exact(number: float) -> Fraction:
    """Return the decimal number that the file holds."""
    return Fraction(repr(number))


@claim(
    "remark-1-consensus-sharp",
    where=WHERE,
    statement=r"\|\theta^k - \bar\theta^k\| \leq \frac{\alpha D}{1 - \sigma_2}",
    kind=Kind.EMPIRICAL,
    depends=("sec5-runs-algorithm-1-corrected",),
    controls=(
        ingredient("agents that do not communicate", talking=("none",)),
        misprint(r"1 - \sigma_2", r"1 + 9 \sigma_2"),
    ),
    note=(
        "not printed: after every episode of every recorded run with networks, with alpha D the "
        "longest step of all agents together so far; norms are measured in single precision"
    ),
)
def agents_stay_together(kernel: Kernel) -> Evidence:
    """The inequality of the chapter's text, with the recorded numbers."""
    right = kernel.statement.split(r"\leq")[1]
    samples = []
    for graph, run, log in _logs(*kernel.given("talking", tuple(SECOND_SINGULAR_VALUE))):
        sigma = SECOND_SINGULAR_VALUE.get(graph, SECOND_SINGULAR_VALUE["ring"])
        longest = Fraction(0)
        for k, (error, step) in enumerate(
            zip(log["consensus_error"], log["step_norm"], strict=True)
        ):
            longest = max(longest, _exact(step))
            names = {r"\alpha": Fraction(1), "D": longest, r"\sigma_2": sigma}
            bound = parse(right, {name: as_fmpq(value) for name, value in names.items()})
            samples.append(Sample(_exact(error), bound, run | {"episode": k + 1}))
    return kernel.searched(samples, "<=") if samples else kernel.undecided(_NOTHING)


@claim(
    "sec5-adam-steps-farther-sharp",
    where=WHERE,
    statement=r"\alpha^2 \|g^k\|^2 < \|u^k\|^2",
    kind=Kind.EMPIRICAL,
    depends=("sec5-runs-algorithm-1",),
    controls=(misprint(r"\alpha^2", r"1000000 \alpha^2"),),
    note=(
        "not printed: in every recorded episode ADAM moves the agents farther than (9) with the "
        "same step size would, by the estimated gradients measured there; so a bound with "
        "alpha times the gradients' norm is not one on these runs, see remark-1-consensus-sharp"
    ),
)
def adam_steps_farther(kernel: Kernel) -> Evidence:
    """|g^k|^2 is the sum over the agents of the squared norms of their first estimates."""
    left = kernel.statement.split("<")[0]
    samples = []
    for _, run, log in _logs(*SECOND_SINGULAR_VALUE, "none"):
        for k, (norms, step) in enumerate(zip(log["gradient_norm"], log["step_norm"], strict=True)):
            square = sum((_exact(norm) ** 2 for norm in norms), Fraction(0))
            names = {r"\alpha": as_fmpq(STEP_SIZE), r"\|g^k\|": as_fmpq(0)}
            factor = parse(left.split(r"\|")[0], names)
            samples.append(
                Sample(factor * as_fmpq(square), _exact(step) ** 2, run | {"episode": k + 1})
            )
    return kernel.searched(samples, "<") if samples else kernel.undecided(_NOTHING)


@claim(
    "sec5-graph-effect-sharp",
    where=WHERE,
    statement=r"e_{\text{complete}} < e_{\text{ring}} < e_{\text{star}} < e_{\text{none}}",
    kind=Kind.EMPIRICAL,
    depends=("remark-1-consensus-sharp",),
    controls=(
        misprint(r"\text{ring}} < e_{\text{star}", r"\text{star}} < e_{\text{ring}"),
        misprint(r"\text{star}} < e_{\text{none}", r"\text{none}} < e_{\text{star}"),
    ),
    note=(
        "not printed: at equal budget the agents' distance from their mean, averaged over the last "
        "ten episodes, grows in this order of graphs, which is that of sigma_2; over the complete "
        "graph and the ring it is nearly the same, since an episode's own step outweighs what is "
        "left of earlier ones. One seed, 40 episodes: too short for an effect on the safe flight"
    ),
)
def worse_graphs_keep_agents_apart(kernel: Kernel) -> Evidence:
    """One comparison for each pair of neighbours in the order, seed and file with both graphs."""
    order = re.findall("complete|ring|star|none", normalized(kernel.statement))
    errors = {
        (run["file"], run["run"].replace(graph, "*"), graph): sum(
            (_exact(error) for error in log["consensus_error"][-_LAST:]), Fraction(0)
        )
        for graph, run, log in _logs(*SECOND_SINGULAR_VALUE, "none")
    }
    samples = [
        Sample(errors[file, run, one], errors[file, run, two], {"file": file, "run": run})
        for file, run, graph in errors
        if graph == order[0]
        for one, two in pairwise(order)
        if (file, run, one) in errors and (file, run, two) in errors
    ]
    return kernel.searched(samples, "<") if samples else kernel.undecided(_NOTHING)


@claim(
    "sec5-sum-repeated-sharp",
    where=WHERE,
    statement=r"\text{MSF}_{\text{SA-}i} < \text{MSF}_{\text{DCPG}} \quad \text{(REINFORCE, PPO)}",
    kind=Kind.EMPIRICAL,
    depends=("sec5-runs-algorithm-1-corrected",),
    controls=(
        misprint("REINFORCE, PPO", "REINFORCE, A2C, PPO"),
        misprint("<", ">"),
    ),
    note=(
        "not printed: MSF summed over the environments, in the mean over the seeds of each recorded "
        "table with five of them. With A2C some agents that learn alone fly as far, so it is no "
        "more than two of the three sets; how sure each comparison is, see docs/drone.md"
    ),
)
def communication_pays_in_the_sum(kernel: Kernel) -> Evidence:
    """One comparison for each agent that learns alone, algorithm named and file with the seeds."""
    text = normalized(kernel.statement)
    algorithms = [name.strip().lower() for name in re.findall(r"\((.*)\)", text)[0].split(",")]
    relation = re.findall("[<>]", text)[0]
    samples = []
    for file, table in recorded_tables().items():
        if len(table["seeds"]) < ENOUGH_SEEDS:
            continue
        for algorithm in algorithms:
            sums = {
                policy: sum(
                    (_exact(x) for seed in flights for row in seed for x in row), Fraction()
                )
                for policy, flights in table["algorithms"][algorithm]["flights"].items()
            }
            # All policies were tested in as many flights, so sums compare as means do.
            samples += [
                Sample(sums[policy], sums[DCPG], {"file": file, "run": f"{algorithm}, {policy}"})
                for policy in sums
                if policy.startswith("SA-")
            ]
    return kernel.searched(samples, relation) if samples else kernel.undecided(_NOTHING)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
