r"""Section 5.1: the ring on which the agents talk, and lazy Metropolis weights on any graph."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np

from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.exact.linear_algebra import determinant
from dcpg_theory.exact.numbers import Array, NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import Kind, claim, ingredient, misprint, narrate
from dcpg_theory.models.graphs import (
    complete,
    grid,
    hypercube,
    lazy_metropolis,
    metropolis,
    path,
    ring,
    star,
)
from proofs_check.chains import mixing as mixing_chains
from proofs_check.instances.weights import ASSUMPTION_1, SYMMETRIC_WEIGHTS, exact, has_eigenvalues

WHERE = "Section 5.1, general setup"
_GRAPHS = {
    **{f"ring of {n}": ring(n) for n in (2, 3, 4, 6)},
    "path of 4": path(4),
    "star of 5": star(5),
    "complete graph of 4": complete(4),
    "grid of 2 x 3": grid(2, 3),
    "cube": hypercube(3),
}


def _spoken_of(text: str, agents: int) -> dict[int, set[int]]:
    """Return with whom each agent communicates, read from the sentence."""
    before, after = re.findall(r"agentiwithagenti([+-]\d)andi([+-]\d)fori=2,3,\\dots,N-1;", text)[0]
    first = re.findall(r"agent1withagent(\d)and(\d|N)", text)[0]
    last = re.findall(r"agentNwithagentN-(\d)and(\d)", text)[0]
    found = {i: {i + int(before), i + int(after)} for i in range(2, agents)}
    found[1] = {agents if name == "N" else int(name) for name in first}
    found[agents] = {agents - int(last[0]), int(last[1])}
    return found


@claim(
    "sec5-ring",
    where=WHERE,
    statement=r"agent i communicates with agent $i - 1$ and $i + 1$ for $i = 2, 3, \dots, N - 1$; agent 1 communicates with agent 2 and N ; agent N communicates with agent $N - 1$ and 1",
    kind=Kind.DEFINITION,
    lines=(256, 256),
    controls=(
        misprint("$i + 1$", "$i + 2$"),
        misprint("2 and N ;", "2 and 3 ;"),
        misprint("$N - 1$ and 1", "$N - 1$ and 2"),
    ),
    note="for N >= 3; of two agents it makes one edge, a single one has nobody to talk to",
)
def neighbours_on_the_ring(kernel: Kernel) -> Evidence:
    """The sentence gives each agent its two neighbours on the cycle: counted are those it does not.

    Looked at for three agents, and for the four and six of Figure 2.
    """
    text = normalized(kernel.statement).replace("communicates", "")
    parts = []
    for agents in (3, 4, 6):
        graph = ring(agents)
        wrong = [
            agent
            for agent, others in _spoken_of(text, agents).items()
            if others != {neighbour + 1 for neighbour in graph[agent - 1]}
        ]
        parts.append(kernel.at_instance(len(wrong), "=", 0, {"agents": agents, "wrong": wrong}))
    return kernel.definition(*parts)


def _weights(graph: nx.Graph, factor: int) -> Array:
    """Return W_ij = 1/(factor max(d_i, d_j)) for neighbours; the diagonal takes the rest."""
    size = graph.number_of_nodes()
    weights = as_array(np.zeros((size, size), dtype=np.int64), NumberKind.RATIONAL)
    for i, j in graph.edges:
        share = Fraction(1, factor * max(graph.degree[i], graph.degree[j]))
        weights[i, j] = weights[j, i] = as_array([share], NumberKind.RATIONAL)[0]
    for i in range(size):
        weights[i, i] = 1 - weights[i].sum()
    return weights


def _breaches(weights: Array, graph: nx.Graph) -> list[str]:
    """Return the conditions of Assumption 1, and symmetry, that weights on a graph break."""
    size = len(weights)
    sums = [*weights.sum(axis=0), *weights.sum(axis=1)]
    pairs = [(i, j) for i in range(size) for j in range(size) if i != j]
    found = {
        "sums": all(total == 1 for total in sums),
        "diagonal": all(weights[i, i] > 0 for i in range(size)),
        "neighbours": all((weights[i, j] > 0) == graph.has_edge(i, j) for i, j in pairs),
        "others": all(weights[i, j] == 0 for i, j in pairs if not graph.has_edge(i, j)),
        "symmetry": all(weights[i, j] == weights[j, i] for i, j in pairs),
        "connected": nx.is_connected(graph),
    }
    return [condition for condition, holds in found.items() if not holds]


@claim(
    "sec5-lazy-metropolis",
    where=WHERE,
    statement=r"Given the communication graph \mathcal{G} , we generate the weight matrix W using the lazy Metropolis method [Olshevsky, 2014].",
    kind=Kind.ALGORITHM,
    lines=(256, 256),
    depends=("assumption-1",),
    controls=(
        ingredient("not lazy: W_ij = 1/max(d_i, d_j)", factor=1),
        ingredient(
            "a graph that is not connected", graphs={"two pairs": nx.Graph([(0, 1), (2, 3)])}
        ),
    ),
    note=(
        "read as: such weights, W_ij = 1/(2 max(d_i, d_j)) for neighbours, satisfy Assumption 1 on "
        "every connected undirected graph, and W = W^T"
    ),
)
def lazy_weights_satisfy_assumption_1(kernel: Kernel) -> Evidence:
    """W_ii = 1 - sum_j 1/(2 max(d_i, d_j)) >= 1 - d_i/(2 d_i) = 1/2.

    The rows sum to one by choice of W_ii, the columns because max(d_i, d_j) = max(d_j, d_i), and
    W_ij > 0 for neighbours only, by definition. All conditions are looked at on nine graphs.
    """
    factor = kernel.given("factor", 2)
    graphs = kernel.given("graphs", _GRAPHS)
    chain = mixing_chains.lazy_diagonal()
    special = []
    for name, graph in graphs.items():
        breaches = _breaches(_weights(graph, factor), graph)
        special.append(
            kernel.at_instance(len(breaches), "=", 0, {"graph": name, "broken": breaches})
        )
    return kernel.confirmed(kernel.proof(chain), *special)


@claim(
    "sec5-lazy-metropolis-sharp",
    where=WHERE,
    statement=r"0 \leq \lambda_N",
    kind=Kind.UPPER_BOUND,
    assumptions=(SYMMETRIC_WEIGHTS,),
    depends=("sec5-lazy-metropolis",),
    controls=(ingredient("Metropolis weights 1/(1 + max(d_i, d_j))", weights=metropolis),),
    note=(
        "not printed: lazy Metropolis weights are positive semidefinite on every graph, so "
        "sigma_N = lambda_N and the results stated with sigma_N stand for the experiments. Without "
        "laziness they need not be: Metropolis weights on the ring of four have the eigenvalue -1/3"
    ),
)
def lazy_weights_are_semidefinite(kernel: Kernel) -> Evidence:
    """W_ii >= 1/2, so W = I/2 + S with S >= 0 and S 1 = 1/2, and l >= 1/2 - 1/2.

    On the graphs, det(t + W) has no negative coefficient, which for real eigenvalues says the same.
    """
    relation = {r"0\leq\lambda_N": ">="}[normalized(kernel.statement)]
    made: Callable[[nx.Graph], Any] = kernel.given("weights", lazy_metropolis)
    t = symbols("t")[0]
    special = []
    for name, graph in _GRAPHS.items():
        weights = as_array(exact(made(graph)), NumberKind.SYMBOLIC)
        eye = as_array(np.eye(len(weights), dtype=np.int64), NumberKind.SYMBOLIC)
        coefficients = determinant(eye * t + weights).numerator.to_dict().values()
        lowest = min(coefficients)
        special.append(
            kernel.at_instance(
                lowest, relation, 0, {"graph": name, "lowest coefficient of": "det(t + W)"}
            )
        )
    chain = mixing_chains.lazy_is_semidefinite()
    return kernel.confirmed(kernel.proof(chain), *special)


@claim(
    "sec5-metropolis-sharp",
    where=WHERE,
    statement=r"\lambda_N < 0",
    kind=Kind.EXISTENCE,
    assumptions=(ASSUMPTION_1, SYMMETRIC_WEIGHTS),
    controls=(ingredient("lazy Metropolis weights", weights=lazy_metropolis),),
    note=(
        "not printed: Metropolis weights on the ring of four. They satisfy Assumption 1 and are "
        "symmetric, so neither condition gives the semidefiniteness that (28) and (29) use"
    ),
)
def metropolis_weights_may_be_indefinite(kernel: Kernel) -> Evidence:
    """W = (I + A)/3 has the eigenvalues 1, 1/3, 1/3 and -1/3."""
    relation = re.findall(r"^\\lambda_N([<>])0$", normalized(kernel.statement))[0]
    weights = exact(kernel.given("weights", metropolis)(ring(4)))
    third = Fraction(1, 3)
    breaches = _breaches(weights, ring(4))
    return kernel.every(
        kernel.at_instance(len(breaches), "=", 0, {"conditions broken": breaches}),
        has_eigenvalues(kernel, weights, [1, third, third, -third]),
        kernel.at_instance(-third, relation, 0, {"lambda_N": -third}),
    )


@claim(
    "sec5-ring-sharp",
    where=WHERE,
    statement=r"1 - \sigma_2 = 1/2 \text{ for } N = 4, \quad 1 - \sigma_2 = 1/4 \text{ for } N = 6",
    kind=Kind.IDENTITY,
    depends=("sec5-lazy-metropolis-sharp", "sec4-singular-values"),
    controls=(misprint("= 1/2", "= 1/3"), misprint("= 1/4", "= 1/2")),
    note="not printed: the gaps of the networks of Figure 2; for N >= 3 agents it is sin^2(pi/N)",
)
def gaps_of_the_rings(kernel: Kernel) -> Evidence:
    """The eigenvalues on the ring are (1 + cos(2 pi k/N))/2, and no singular values differ."""
    each = r"1-\\sigma_2=1/(\d)\\text\{for\}N=(\d)"
    found = re.findall(f"^{each},{each}$", normalized(kernel.statement))[0]
    printed = found[:2], found[2:]
    parts = []
    for below, agents in printed:
        gap = Fraction(1, int(below))
        spectra = {4: (1, 1 - gap, 1 - gap, 0), 6: (1, 1 - gap, 1 - gap, gap, gap, 0)}
        weights = exact(lazy_metropolis(ring(int(agents))))
        parts.append(has_eigenvalues(kernel, weights, spectra[int(agents)]))
    return kernel.every(*parts)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
