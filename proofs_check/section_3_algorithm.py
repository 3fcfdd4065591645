r"""Section 3, Algorithm 1: the neighbours, the update (9), the loop, and what is said about them.

Four agents on a ring stand for the special cases: agent 2 gives weight a to the next agent and b to
the one before, so W is doubly stochastic, has zeros, and is not symmetric.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import (
    Claim,
    Fault,
    Kind,
    Origin,
    Severity,
    claim,
    ingredient,
    misprint,
    narrate,
)
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from proofs_check.chains.averaging import (
    averaging_contracts,
    mean_moves_by_gradients,
    step,
    update_is_row,
    weights_sum_to_one,
)
from proofs_check.instances.corridor import HALF
from proofs_check.instances.turning_task import BOX, DIRECTIONS, TurningTask
from proofs_check.readings.displays import Leaves, Reader, sides
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT

WHERE = "Section 3, Algorithm 1"
_AGENTS = range(4)
_ring, _path = ([(0, 1), (1, 2), (2, 3), (3, 0)], [(0, 1), (1, 2), (2, 3)])
_a, _b = symbols("a", "b")
_SHARE = Box(a=open_interval(0, HALF), b=open_interval(0, HALF))
_thetas, _slopes = (symbols(*(f"{name}_{i + 1}" for i in _AGENTS)) for name in ("theta", "g"))
_BOX = _SHARE.replace(**dict.fromkeys([*map(str, (*_thetas, *_slopes)), "alpha"], DISCOUNT))


def _neighbours(agent: int, edges: Any) -> list[int]:
    both = [*edges, *((j, i) for i, j in edges)]
    return sorted({j for i, j in both if i == agent})


def _mixing() -> Array:
    weights = np.full((4, 4), _a * 0, dtype=object)
    for i in _AGENTS:
        weights[i, i], weights[i, (i + 1) % 4], weights[i, i - 1] = 1 - _a - _b, _a, _b
    return weights


def _sets(agent: int, edges: Any) -> dict[str, list[int]]:
    """Return the printed index sets of one agent, as the reader finds them."""
    marker = f"\\i{chr(ord('A') + agent)}"
    alone, others = rf"\mathcal{{N}}_{marker}", _neighbours(agent, edges)
    return {alone: others, rf"{alone} \cup \{{ {marker} \}}": sorted([agent, *others])}


@claim(
    "sec3-neighbours",
    where="Section 3",
    statement=r"\mathcal{N}_i = \{j : (i, j) \in \mathcal{E}\}",
    kind=Kind.DEFINITION,
    lines=(151, 151),
    controls=(misprint("(i, j)", "(i, i)"), ingredient("no edge back", directed=True)),
    note="an agent is no neighbour of itself: a graph has no loops unless it is said to",
)
def neighbours_are_joined_by_an_edge(kernel: Kernel) -> Evidence:
    """On a ring and on a path of four agents: being neighbours is mutual, and never with oneself."""
    about(kernel, r"\mathcal{N}_i = \{j")
    pair = re.findall(r"\((\w),(\w)\)\\in", normalized(kernel.statement))[0]
    parts = []
    for edges in (_ring, _path):
        known = (
            set(edges) if kernel.given("directed", False) else {*edges, *((j, i) for i, j in edges)}
        )
        printed = [
            [int(tuple({"i": i, "j": j}[name] for name in pair) in known) for j in _AGENTS]
            for i in _AGENTS
        ]
        true = [
            [int(abs(i - j) == 1 or {i, j} == set(edges[-1])) for j in _AGENTS] for i in _AGENTS
        ]
        parts.append(kernel.identity(printed, true))
    return kernel.definition(*parts)


@claim(
    "sec3-graph",
    where="Section 3",
    statement=r"agents i and j can exchange messages if and only if they are connected in $\mathcal{G}$",
    kind=Kind.DEFINITION,
    lines=(151, 151),
    depends=("sec3-neighbours",),
    controls=(ingredient("connected by a path", steps=3),),
    note=(
        "'connected' is read as joined by an edge, here and in Assumption 1; 'each agent can "
        "communicate with each other' is then true of neighbours, and of others only through them"
    ),
)
def messages_travel_along_edges(kernel: Kernel) -> Evidence:
    """On the path of four agents, who is reached from whom along one edge: N_i, and not everybody.

    Along paths of up to three edges everybody is, since the graph is connected.
    """
    reached = [{i} for i in _AGENTS]
    for _ in range(kernel.given("steps", 1)):
        reached = [{*r, *(k for j in r for k in _neighbours(j, _path))} for r in reached]
    found = [[int(j in reached[i] and j != i) for j in _AGENTS] for i in _AGENTS]
    true = [[int(j in _neighbours(i, _path)) for j in _AGENTS] for i in _AGENTS]
    return kernel.definition(kernel.identity(found, true))


@claim(
    "sec3-weights",
    where="Section 3",
    statement=r"W_{ij} is some non-negative weight, which i assigns for θ_j^k",
    kind=Kind.DEFINITION,
    lines=(173, 173),
    controls=(ingredient("a negative weight", a=-_a),),
    note="row i of W is agent i's; doubly stochastic and the rest by Assumption 1",
)
def weights_are_not_negative(kernel: Kernel) -> Evidence:
    """On the ring: a, b and 1 - a - b are not negative, and every row sums to one."""
    about(kernel, r"W_{ij}", r"θ_j^k")
    entries = (kernel.given("a", _a), _b, 1 - _a - _b)
    signs = [kernel.sign(entry, ">=", 0, _SHARE) for entry in entries]
    rows = kernel.identity(_mixing().sum(axis=1), [1] * 4, _SHARE)
    return kernel.definition(*signs, rows)


def _printed(side: str, edges: Any, weights: Any, thetas: Any, slopes: Any) -> list[Any]:
    """Return the printed right side of (9) for every agent, each with one parameter."""
    leaves: Leaves = {
        r"W_{<i><j>}": lambda i, j: weights[i][j],
        r"\theta_<j>^k": lambda j: thetas[j],
        r"g_<i>^k": lambda i: slopes[i],
        r"\alpha^k": lambda: step,
    }
    agents = range(len(thetas))
    return [Reader({"j": agents, **_sets(i, edges)}, leaves).read(side, i=i) for i in agents]


def _update(kernel: Kernel) -> Evidence:
    """Row i of (25) with the zeros of Assumption 1 left out.

    Special cases: two agents that agree and stand still, with W_12 = a; the ring.
    """
    return _rows(kernel, [(0, 1)], _ring)


def _with_loops(kernel: Kernel) -> Evidence:
    """The same with an edge from every agent to itself, so that i is in N_i.

    Assumption 1 has W_ii > 0, and W_ij > 0 iff i and j are connected: read for j = i it asks for this.
    """
    loops = [(i, i) for i in range(kernel.given("first", 0), 4)]
    return _rows(kernel, [(0, 1), *loops[:2]], [*_ring, *loops])


def _rows(kernel: Kernel, pair: Any, ring: Any) -> Evidence:
    updated, side = sides(kernel.statement)
    current = int(normalized(updated) == r"\theta_i^{k+1}")
    two = [[1 - _a, _a], [_a, 1 - _a]]
    still = _printed(side, pair, two, [_a**0] * 2, [0 * _a] * 2)
    weights = _mixing()
    true = [sum(weights[i] * _thetas) + step * _slopes[i] for i in _AGENTS]
    rows = _printed(side, ring, weights, _thetas, _slopes)
    chain = update_is_row()
    return kernel.confirmed(
        kernel.proof(chain),
        kernel.at_instance(current, "=", 1, {"what is updated": updated}),
        kernel.identity(
            still,
            [1, 1],
            Box(a=DISCOUNT, alpha=DISCOUNT),
            labels=lambda i: f"agent {i[0] + 1} of 2, theta = 1, g = 0, W_12 = a",
        ),
        kernel.identity(rows, true, _BOX, labels=lambda i: f"agent {i[0] + 1} of 4"),
    )


_IN_9: dict[str, Any] = {"where": "Section 3, (9)", "kind": Kind.ALGORITHM, "check": _update}
eq_9 = Claim(
    id="eq-9",
    statement=r"\theta_i^{k+1} = \sum_{j \in \mathcal{N}_i} W_{ij} \theta_j^k + \alpha^k g_i^k",
    lines=(169, 169),
    depends=("sec3-neighbours", "alg1-gradient"),
    controls=(misprint(r"+ \alpha^k", r"- \alpha^k"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "agent i is not in N_i as defined, so its own parameter and W_ii > 0 are left out; the text "
        "after it ('a weighted average of theta_i with theta_j') and (25) have them",
    ),
    note=(
        "right as printed if every agent is joined to itself (eq-9-loops-sharp). The text after it "
        "has N_i without i: an average 'of theta_i with theta_j received from its neighbors j in N_i'"
    ),
    **_IN_9,
)
eq_9_loops = eq_9.variant(
    id="eq-9-loops-sharp",
    lines=None,
    check=_with_loops,
    fault=None,
    controls=(
        misprint(r"+ \alpha^k", r"- \alpha^k"),
        misprint("W_{ij}", "W_{ji}"),
        ingredient("the first agent is not joined to itself", first=1),
    ),
    note=(
        "for a graph with (i, i) in E for every i, as Assumption 1 has it if its 'W_ij > 0 iff i and "
        "j are connected' is read for j = i too, (9) is right as printed"
    ),
)
eq_9_corrected = eq_9.variant(
    id="eq-9-corrected",
    statement=r"\theta_i^{k+1} = \sum_{j \in \mathcal{N}_i \cup \{i\}} W_{ij} \theta_j^k + \alpha^k g_i^k",
    lines=None,
    controls=(
        misprint(r"\cup \{i\}", ""),
        misprint("W_{ij}", "W_{ji}"),
        misprint(r"+ \alpha^k", r"- \alpha^k"),
    ),
    note="W_ij = 0 for all other j by Assumption 1; W need not be symmetric",
)


@claim(
    "alg1-initialization",
    where=WHERE,
    statement=r"Each agent i initializes $\theta_i^0 \in \mathbb{R}^d$, an initial distribution μ_i, and step sizes $\{\alpha^k\}_{k \in \mathbb{N}}$",
    kind=Kind.DEFINITION,
    lines=(159, 159),
    depends=("eq-4",),
    controls=(ingredient("one parameter for each state", d=2),),
    note=(
        "d is named nowhere else: it is |S||A| for the tabular softmax (4) of Section 2, and the "
        "number of weights in Section 5.2. The proofs need equal starts, see Lemma B.2"
    ),
)
def parameters_fill_the_policy(kernel: Kernel) -> Evidence:
    """With d = |S||A| there is one parameter for every entry of the policy."""
    about(kernel, r"$\theta_i^0 \in \mathbb{R}^d$", r"μ_i")
    turning = TurningTask(DIRECTIONS[0])
    entries = turning.policy.size
    return kernel.definition(
        kernel.at_instance(kernel.given("d", 6), "=", entries, {"|S|": 2, "|A|": 3}),
        kernel.indexed(r"\theta"),
    )


def _loop(kernel: Kernel) -> Evidence:
    """The first pass reads theta^k for the first k; only theta^0 exists before it.

    Each further pass reads what the one before has written, k + 1.
    """
    listed = [int(k) for k in re.findall(r"\d+", kernel.statement)]
    made = kernel.given("initial", 0)
    parts = []
    for k in listed:
        instance = {"parameter that is read": f"theta^{k}", "last one made": f"theta^{made}"}
        parts.append(kernel.at_instance(k, "=", made, instance))
        made = k + 1
    return kernel.every(*parts)


loop = Claim(
    id="alg1-loop",
    where=WHERE,
    statement=r"for $k=1,2,3,\dots$ **do**",
    kind=Kind.ALGORITHM,
    check=_loop,
    lines=(161, 161),
    depends=("alg1-initialization",),
    controls=(misprint("k=1", "k=2"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "theta^0 is initialized, but the loop begins by reading theta^1; 'at any time k >= 0' below "
        "and all sums from k = 0 begin at 0",
    ),
)
loop_corrected = loop.variant(
    id="alg1-loop-corrected",
    statement=r"for $k=0,1,2,\dots$ **do**",
    lines=None,
    controls=(misprint("0,1,2", "1,2,3"), misprint("0,1,2", "0,2,4")),
)


@claim(
    "alg1-exchange",
    where=WHERE,
    statement=r"Exchange θ_i^k with neighbors $j \in \mathcal{N}_i$",
    kind=Kind.ALGORITHM,
    lines=(165, 165),
    depends=("sec3-neighbours",),
    controls=(ingredient("the graph is a path, the weights a ring's", edges=tuple(_path)),),
)
def agents_know_what_they_need(kernel: Kernel) -> Evidence:
    """Row i of W is zero outside i and its neighbours, so (9) uses nothing else.

    For all sizes it is what Assumption 1 says; here on the ring.
    """
    about(kernel, r"θ_i^k with neighbors $j \in \mathcal{N}_i$")
    edges, weights = kernel.given("edges", tuple(_ring)), _mixing()
    unknown = [
        weights[i, j] for i in _AGENTS for j in _AGENTS if j != i and j not in _neighbours(i, edges)
    ]
    return kernel.identity(unknown, [0] * len(unknown), _SHARE)


@claim(
    "alg1-gradient",
    where=WHERE,
    statement=r"Compute the gradient g_i^k of $L_i^\lambda(\theta_i^k; \mu_i)$",
    kind=Kind.ALGORITHM,
    lines=(166, 166),
    depends=("eq-8", "sec3-exploration"),
    controls=(misprint(r"\theta_i", r"\theta"), misprint(r"\mu_i", r"\mu"), misprint("L_i", "L")),
    note="at the agent's own parameter and own mu_i: (51)",
)
def every_agent_has_its_gradient(kernel: Kernel) -> Evidence:
    """Objective, parameter and start carry the agent's index."""
    return kernel.definition(kernel.indexed(r"\theta", r"\mu", "L"))


algorithm_1 = Claim(
    id="algorithm-1",
    where=WHERE,
    statement="Algorithm 1: Decentralized Policy Gradient Algorithm",
    kind=Kind.ALGORITHM,
    lines=(157, 157),
    parts=("alg1-initialization", "alg1-loop", "alg1-exchange", "alg1-gradient", "eq-9"),
)


@claim(
    "sec3-exploration",
    where="Section 3",
    statement=r"μ_i is the local initial distribution at agent i, which can be chosen differently from ρ_i",
    kind=Kind.DEFINITION,
    lines=(155, 155),
    depends=("eq-8",),
    controls=(ingredient("the visitation from rho_i is kept", visits="rho"),),
)
def gradient_from_another_start(kernel: Kernel) -> Evidence:
    """(8) is linear in the start and holds for any: here mu = (1/2, 1/2), rho = (1/3, 2/3)."""
    about(kernel, r"μ_i is the", r"from ρ_i")
    start = np.array([HALF, HALF], dtype=object)
    parts = []
    for direction in DIRECTIONS:
        turning = TurningTask(direction)
        task, policy = turning.task, turning.policy
        visits = task.start if kernel.given("visits", "mu") == "rho" else start
        printed = theory.value_gradient(task, policy, visits)[direction]
        parts.append(kernel.identity(printed, turning.turned(start @ turning.value()), BOX))
    return kernel.definition(*parts)


@claim(
    "sec3-local-information",
    where="Section 3",
    statement=r"compute the gradient g_i^k of $L_i^\lambda(\theta_i^k; \mu_i)$ only using information from its environment",
    kind=Kind.IDENTITY,
    lines=(173, 173),
    depends=("eq-8",),
    controls=(ingredient("the other agent's gradient", agent=1),),
    note=(
        "besides its environment the agent has to know the number |S| of all tasks' states, by "
        "which (8) divides"
    ),
)
def nothing_of_the_other_task_enters(kernel: Kernel) -> Evidence:
    """The other task's discount, reward and transition are symbols: g_1 does not depend on them."""
    about(kernel, r"g_i^k of $L_i^\lambda(\theta_i^k; \mu_i)$")
    other, pay, move = symbols("gamma_2", "r_2", "p_2")
    mine = TurningTask(DIRECTIONS[0])
    moves = mine.task.transitions.astype(object)
    moves[0, 0] = [move, 1 - move]
    rewards = np.full((2, 3), pay, dtype=object)
    rewards[1] = 0
    theirs = FiniteMDP(moves, rewards, other, [HALF, HALF])
    problem = MultiTaskProblem([mine.task, theirs])
    slope = theory.task_gradient(problem, kernel.given("agent", 0), mine.policy, HALF)[0, 0]
    box = BOX.replace(gamma_2=DISCOUNT, r_2=DISCOUNT, p_2=DISCOUNT)
    return kernel.identity([slope.derivative(str(s)) for s in (other, pay, move)], [0] * 3, box)


@claim(
    "sec3-weighted-average",
    where="Section 3",
    statement=r"it takes a weighted average of θ_i^k with θ_j^k received from its neighbors $j \in \mathcal{N}_i$",
    kind=Kind.IDENTITY,
    lines=(173, 173),
    depends=("sec3-weights", "sec3-neighbours"),
    controls=(ingredient("the neighbours alone, as in (9)", itself=False),),
    note="uses Assumption 1, which comes later; true of the corrected (9)",
)
def weights_are_an_average(kernel: Kernel) -> Evidence:
    """The weights of i itself and of its neighbours sum to one; here for every agent of the ring."""
    about(kernel, r"θ_i^k with θ_j^k", r"$j \in \mathcal{N}_i$")
    itself, weights = kernel.given("itself", True), _mixing()
    total = [
        sum(weights[i, j] for j in _neighbours(i, _ring)) + (weights[i, i] if itself else 0)
        for i in _AGENTS
    ]
    chain = weights_sum_to_one()
    special = kernel.identity(total, [1] * 4, _SHARE)
    return kernel.confirmed(kernel.proof(chain), special)


@claim(
    "sec3-consensus",
    where="Section 3",
    statement=r"The goal of this weighted average is to achieve a consensus among the agents' parameters, i.e., $\theta_i = \theta_j$",
    kind=Kind.UPPER_BOUND,
    lines=(173, 173),
    depends=("eq-9-corrected", "sec3-weighted-average"),
    controls=(ingredient("the neighbour's parameter alone", share=1),),
    note=(
        "read as: every averaging shrinks the distance from the mean by the factor sigma_2; with "
        "gradient steps of a fixed size beside it a distance remains, see Lemma B.2"
    ),
)
def averaging_brings_agents_together(kernel: Kernel) -> Evidence:
    """e[k+1] = (W - J) e[k] for e = theta - mean, so |e[k+1]| <= sigma_2 |e[k]|.

    Two agents that give each other the weight a: their difference is multiplied by 1 - 2a, whose
    square is less than 1 for 0 < a < 1. Where W_ii = 0 they change places for ever.
    """
    about(kernel, r"$\theta_i = \theta_j$")
    share = kernel.given("share", _a)
    factor = 1 - 2 * share
    shrinks = kernel.sign(factor**2 + 0 * _a, "<", 1, Box(a=DISCOUNT))
    chain = averaging_contracts()
    holds = kernel.confirmed(kernel.proof(chain), shrinks)
    instance = {"W": "[[0, 1], [1, 0]]", "theta": "(1, 0)", "sigma_2": 1}
    without = kernel.at_instance((1 - 2 * 1) ** 2, "<", 1, instance)
    return kernel.conditional(
        holds, "sigma_2 < 1, which W_ii > 0 and a connected graph are said to give", without
    )


@claim(
    "sec3-consensus-point",
    where="Section 3",
    statement=r"the local gradient steps are to push this consensus point toward the optimal θ^*",
    kind=Kind.IDENTITY,
    lines=(173, 173),
    depends=("eq-9-corrected",),
    controls=(ingredient("columns that do not sum to one", extra=_a),),
    note=(
        "a goal; what holds is that the mean moves by alpha times the mean of the g_i and by "
        "nothing else. The g_i are taken at the agents' own parameters, and theta^* need not exist"
    ),
)
def mean_moves_by_the_mean_gradient(kernel: Kernel) -> Evidence:
    """1^T W = 1^T, so averaging leaves the mean alone; here four agents with one parameter each."""
    weights = _mixing()
    weights[0, 0] = weights[0, 0] + kernel.given("extra", 0)
    moved = sum(sum(weights[i] * _thetas) + step * _slopes[i] for i in _AGENTS)
    true = sum(_thetas) + step * sum(_slopes)
    chain = mean_moves_by_gradients()
    special = kernel.identity(moved - true, 0, _BOX)
    return kernel.confirmed(kernel.proof(chain), special)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
