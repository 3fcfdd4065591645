r"""Section 4, Assumption 1: the weights of the agents, and what the proofs need of their spectrum."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.ledger import (
    Claim,
    Kind,
    claim,
    ingredient,
    misprint,
    narrate,
)
from dcpg_theory.models.graphs import lazy_metropolis, path, ring, star
from dcpg_theory.models.mixing import MixingMatrix
from proofs_check.chains import mixing as mixing_chains
from proofs_check.instances.weights import (
    ASSUMPTION_1,
    CIRCULANT,
    NEGATIVE,
    SEMIDEFINITE_WEIGHTS,
    SMALL_WEIGHT,
    SYMMETRIC_WEIGHTS,
    WEIGHT,
    exact,
    has_eigenvalues,
    rank,
    scaled,
    two_agents,
    weight,
)

WHERE = "Section 4, Assumption 1"
_ON_A_RING_OF_4 = scaled(6, [[3, 2, 0, 1], [1, 3, 2, 0], [0, 1, 3, 2], [2, 0, 1, 3]])


@claim(
    "assumption-1",
    where=WHERE,
    statement=r"Let $W = [W_{ij}] \in \mathbb{R}^{N \times N}$ be a doubly stochastic matrix, i.e., $\sum_i W_{ij} = \sum_j W_{ij} = 1$, with $W_{ii} > 0$. Moreover, $W_{ij} > 0$ iff i and j are connected, otherwise $W_{ij} = 0$.",
    kind=Kind.DEFINITION,
    lines=(179, 179),
    controls=(
        misprint("W_{ij} = 1", "W_{ij} = 2"),
        misprint("W_{ii} > 0", "W_{ii} < 0"),
        misprint("otherwise $W_{ij} = 0$", "otherwise $W_{ij} > 0$"),
        ingredient("the last sentence said of i = j too", loops=True),
    ),
    note=(
        "the last sentence speaks of i != j, since no agent is its own neighbour and W_ii > 0; "
        "'connected' means joined by an edge, as in Section 3: read as joined by a path, no graph "
        "but the complete one would do. Weights are then non-negative, which 'i.e.' leaves out. "
        "Every connected graph has such weights: sec5-lazy-metropolis"
    ),
)
def weights_exist(kernel: Kernel) -> Evidence:
    """Two agents with any weight w in (0, 1), and the path of three agents, meet all conditions."""
    text = normalized(kernel.statement)
    total = int(re.findall(r"\\sum_iW_\{ij\}=\\sum_jW_\{ij\}=(\d),", text)[0])
    diagonal, neighbours = re.findall(r"W_\{ii\}([<>])0.*?W_\{ij\}([<>])0iff", text)[0]
    others = re.findall(r"otherwiseW_\{ij\}([=<>])0", text)[0]
    pair, chain = two_agents(weight), exact(lazy_metropolis(path(3)))
    far = [chain[0, 2], *np.diag(chain)] if kernel.given("loops", False) else [chain[0, 2]]
    return kernel.definition(
        kernel.identity([pair.sum(axis=0), pair.sum(axis=1)], [[total, total]] * 2, WEIGHT),
        kernel.identity([chain.sum(axis=0), chain.sum(axis=1)], [[total] * 3] * 2),
        kernel.sign(pair[0, 0], diagonal, 0, WEIGHT),
        kernel.sign(pair[0, 1], neighbours, 0, WEIGHT),
        *(kernel.at_instance(entry, others, 0, {"graph": "path 1 - 2 - 3"}) for entry in far),
    )


def _satisfying(weights: Array) -> Array:
    """Return the weights, which must satisfy Assumption 1 to be a counterexample to anything."""
    if not ASSUMPTION_1.holds(MixingMatrix(weights)):
        raise InvalidInput(f"the weights {weights.tolist()} do not satisfy Assumption 1")
    return weights


def _across(weights: Array, inside: Sequence[int]) -> tuple[Fraction, Fraction]:
    """Return the weight that a set gives to the rest, and the rest to the set."""
    rest = [i for i in range(len(weights)) if i not in inside]
    return weights[np.ix_(inside, rest)].sum(), weights[np.ix_(rest, inside)].sum()


@claim(
    "assumption-1-sharp",
    where=WHERE,
    statement=r"\sum_{i \in A, j \notin A} W_{ij} = \sum_{i \in A, j \notin A} W_{ji}",
    kind=Kind.IDENTITY,
    assumptions=(ASSUMPTION_1,),
    depends=("assumption-1",),
    controls=(
        ingredient("the columns do not sum to one", weights=scaled(2, [[2, 0], [1, 1]])),
        misprint("W_{ji}", "W_{ij} W_{ji}"),
    ),
    note=(
        "for every set A of agents; this much symmetry, and no more, follows. W = W^T where the "
        "graph is a tree (let A be one side of an edge); where it has a cycle, a little more weight "
        "one way round and less the other makes W asymmetric. (24), (25) and (33) need W = W^T, "
        "which has to be assumed"
    ),
)
def cuts_balance(kernel: Kernel) -> Evidence:
    """a^T W b = b^T W a, because the rows and the columns of W sum to one.

    Confirmed on all single agents of three, and of four on a ring, whose weights are asymmetric.
    """
    given = kernel.given("weights", None)
    witnesses = (CIRCULANT, _ON_A_RING_OF_4) if given is None else (given,)
    squared = "W_{ij}W_{ji}" in normalized(kernel.statement)
    special = []
    for weights in witnesses:
        if given is None:
            pair = {"W": _satisfying(weights).tolist(), "entries": "W_12 and W_21"}
            special.append(kernel.at_instance(weights[0, 1], "!=", weights[1, 0], pair))
        for agent in range(len(weights)):
            out, back = _across(weights, [agent])
            if squared:
                back = _across(weights * weights.T, [agent])[0]
            special.append(kernel.at_instance(out, "=", back, {"A": f"{{{agent + 1}}}"}))
    chain = mixing_chains.cuts_balance()
    return kernel.confirmed(kernel.proof(chain), *special)


@claim(
    "sec4-singular-values",
    where="Section 4",
    statement="We denote by σ_2 and σ_N the second largest and the smallest singular values of W , respectively.",
    kind=Kind.DEFINITION,
    lines=(181, 181),
    assumptions=(ASSUMPTION_1,),
    depends=("assumption-1",),
    controls=(
        misprint("the second largest", "the largest"),
        misprint("second largest and the smallest", "second largest and the largest"),
    ),
    note=(
        "counted with multiplicity, the largest one is 1; a single agent has no second one, and "
        "what follows is then right with sigma_2 = 0"
    ),
)
def singular_values_are_named(kernel: Kernel) -> Evidence:
    """Lazy weights on the ring of four have 1, 1/2, 1/2, 0: the roots of det(t - W^T W).

    Later 1 - sigma_2 is divided by, so it must not vanish, and sigma_N must not exceed any other.
    """
    half = Fraction(1, 2)
    values = [Fraction(1), half, half, Fraction(0)]
    named = {"secondlargest": values[1], "smallest": values[-1], "largest": values[0]}
    words = "(secondlargest|largest|smallest)"
    found = re.findall(f"σ_2andσ_Nthe{words}andthe{words}sing", normalized(kernel.statement))[0]
    second, last = (named[word] for word in found)
    weights = exact(lazy_metropolis(ring(4)))
    instance = {"W": "lazy Metropolis weights on the ring of four"}
    return kernel.definition(
        has_eigenvalues(kernel, weights.T @ weights, [value**2 for value in values]),
        kernel.at_instance(1 - second, ">", 0, instance),
        kernel.at_instance(last, "<=", min(values), instance),
    )


_CONNECTED = (
    CIRCULANT,
    NEGATIVE,
    *(exact(lazy_metropolis(graph)) for graph in (ring(4), ring(6), path(3), star(4))),
)


@claim(
    "sec4-singular-values-sharp",
    where="Section 4, as used in (11), (13), (14) and (23)",
    statement=r"\sigma_2 < 1",
    kind=Kind.UPPER_BOUND,
    assumptions=(ASSUMPTION_1,),
    depends=("assumption-1", "sec4-singular-values"),
    controls=(
        ingredient("the graph is not connected", weights=(scaled(1, [[1, 0], [0, 1]]),)),
        ingredient("W_ii = 0", weights=(scaled(1, [[0, 1], [1, 0]]),)),
    ),
    note=(
        "not printed: 1 - sigma_2 is divided by. Needs the connected graph of Section 3, which "
        "Assumption 1 does not repeat, and W_ii > 0; the controls show both. W need not be symmetric"
    ),
)
def gap_is_positive(kernel: Kernel) -> Evidence:
    """Some power of W^T W is positive in all entries, so only the ones keep their size.

    Confirmed for two agents with any weight, where sigma_2 = |1 - 2w|, and on small graphs, where
    I - W^T W has a kernel of dimension one.
    """
    relation, bound = re.findall(r"^\\sigma_2([<>])(.*)$", normalized(kernel.statement))[0]
    chain = mixing_chains.second_below_one()
    gaps = [
        kernel.at_instance(
            rank(np.eye(len(weights), dtype=np.int64) - weights.T @ weights),
            "=",
            len(weights) - 1,
            {"rank of": "I - W^T W", "W": weights.tolist()},
        )
        for weights in kernel.given("weights", _CONNECTED)
    ]
    pair = two_agents(weight)
    return kernel.confirmed(
        kernel.proof(chain),
        has_eigenvalues(kernel, pair.T @ pair, [1, (1 - 2 * weight) ** 2], WEIGHT),
        kernel.sign((1 - 2 * weight) ** 2, relation, 1, WEIGHT),
        kernel.at_instance(parse(bound, {}), "=", 1, {"bound": "attained as w -> 0"}),
        *gaps,
    )


def _proved_of_largest(kernel: Kernel) -> Evidence:
    """Singular values of I - W are the |1 - l|, and l <= 1, so the largest is 1 - min l."""
    chains = mixing_chains.singular_values_turn(), mixing_chains.eigenvalues_at_most_one()
    return kernel.every(*(kernel.proof(chain) for chain in chains))


def _right_side(kernel: Kernel) -> str:
    """Return what the statement says that sigma_max(I - W) is."""
    found: list[str] = re.findall(r"^\\sigma_\{\\max\}\(I-W\)=(.*)$", normalized(kernel.statement))
    return found[0]


def _for_two(kernel: Kernel) -> Evidence:
    """Two agents with w in (0, 1/2): W has 1 and 1 - 2w, I - W has 0 and 2w."""
    other = 1 - 2 * weight
    printed = parse(_right_side(kernel), {r"\sigma_N": other, r"\lambda_N": other})
    return kernel.every(
        has_eigenvalues(kernel, two_agents(weight), [1, other], SMALL_WEIGHT),
        kernel.identity(2 * weight, printed, SMALL_WEIGHT),
    )


def _for_three(kernel: Kernel) -> Evidence:
    """W = (1/7) [[1, 3, 3], [3, 2, 2], [3, 2, 2]] has 1, 0, -2/7, so I - W has 0, 1, 9/7."""
    lowest = as_fmpq(Fraction(-2, 7))
    names = {r"\sigma_N": as_fmpq(0), r"\lambda_N": lowest}
    printed = parse(_right_side(kernel), names)
    instance = {"W": NEGATIVE.tolist(), "eigenvalues": "1, 0, -2/7"}
    return kernel.every(
        has_eigenvalues(kernel, NEGATIVE, [1, 0, lowest]),
        kernel.at_instance(1 - lowest, "=", printed, instance),
    )


def _largest_singular_value(kernel: Kernel) -> Evidence:
    """For symmetric W the singular values of I - W are 1 - l for the eigenvalues l of W, all <= 1."""
    return kernel.confirmed(_proved_of_largest(kernel), _for_two(kernel), _for_three(kernel))


sigma_max = Claim(
    id="eq-28-sharp",
    where="Appendix B.1, in (28)",
    statement=r"\sigma_{\max}(I - W) = 1 - \lambda_N",
    kind=Kind.IDENTITY,
    check=_largest_singular_value,
    assumptions=(ASSUMPTION_1, SYMMETRIC_WEIGHTS),
    depends=("sec4-singular-values",),
    controls=(
        misprint(r"- \lambda_N", r"+ \sigma_N"),
        misprint(r"- \lambda_N", r"- \sigma_N"),
        misprint(r"- \lambda_N", r"+ \lambda_N"),
    ),
    note=(
        "for any number of agents; lambda_N is the smallest eigenvalue of W. The printed "
        "1 + sigma_N is right where that is -sigma_N, as for two agents with w >= 1/2. It is no "
        "upper bound either: W = (1/7) [[1,3,3],[3,2,2],[3,2,2]] has 9/7 against 1"
    ),
)


@claim(
    "eq-28-semidefinite-sharp",
    where="Appendix B.1, as (29) uses (28)",
    statement=r"\sigma_{\max}(I - W) = 1 - \sigma_N",
    kind=Kind.IDENTITY,
    assumptions=(ASSUMPTION_1, SEMIDEFINITE_WEIGHTS),
    depends=("eq-28-sharp",),
    controls=(
        misprint(r"- \sigma_N", r"+ \sigma_N"),
        ingredient("W has a negative eigenvalue", indefinite=True),
    ),
    note=(
        "what the last line of (29) takes from (28): 2/alpha - beta there is (1 + sigma_N)/alpha - "
        "beta^lambda. Lazy Metropolis weights are semidefinite, see sec5-lazy-metropolis-sharp"
    ),
)
def largest_singular_value_of_semidefinite(kernel: Kernel) -> Evidence:
    """The singular values of a semidefinite W are its eigenvalues, so sigma_N = lambda_N.

    With the eigenvalues 1, 0, -2/7 it is 9/7 and not 1.
    """
    others = [_for_three(kernel)] if kernel.given("indefinite", False) else []
    return kernel.confirmed(_proved_of_largest(kernel), _for_two(kernel), *others)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
