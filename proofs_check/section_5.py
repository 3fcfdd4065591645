r"""Section 5.1: the GridWorld problems, and what their transitions, rewards and conflicts imply.

What Figure 2 shows is checked on reconstructed maps in `section_5_fig2`; statements that need the
original runs are registered as undecided in `section_5_figures`.
"""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, Interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import Kind, claim, ingredient, misprint, narrate
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.theory.assumptions import STATIONARY_POLICIES
from proofs_check.instances import small_grids
from proofs_check.instances.corridor import GAMMA
from proofs_check.instances.small_grids import DOWN, LEFT, RIGHT, UP, grid, towards
from proofs_check.symbols import DISCOUNT, PROBABILITY, gamma

WHERE = "Section 5.1"
_NO_END = "goals and obstacles do not end an episode"
_HALVES = (Fraction(1, 2), Fraction(1, 2))
_COIN = np.array([[0, 0, Fraction(1, 2), Fraction(1, 2)]] * 2, dtype=object)


@claim(
    "sec5-rewards",
    where=WHERE,
    statement="It then receives a reward of +1 if it reaches the desired goal, -1 if it gets into an obstacle, and 0 otherwise.",
    kind=Kind.DEFINITION,
    lines=(258, 258),
    depends=("sec2-rewards-wlog",),
    controls=(misprint("+1", "+3"),),
    note=(
        "read against R_i in [0, 1], on which (3) and all constants rest: -1 lies outside. With "
        "(r + 1)/2 in all environments it fits; an ended episode must then pay 1/2 for ever, for "
        "if it paid 0, ending early would have become a punishment"
    ),
)
def rewards_fit_after_rescaling(kernel: Kernel) -> Evidence:
    """(r + 1)/2 takes +1, -1 and 0 to 1, 0 and 1/2."""
    text = normalized(kernel.statement)
    found = re.findall(r"rewardof([+-]\d)ifit.*?goal,([+-]\d)if.*?,and(\d)otherwise", text)[0]
    rewards = [int(number) for number in found]
    scaled = [Fraction(reward + 1, 2) for reward in rewards]
    holds = kernel.every(
        *(kernel.at_instance(value, ">=", 0, {"reward": value}) for value in scaled),
        *(kernel.at_instance(value, "<=", 1, {"reward": value}) for value in scaled),
    )
    if not holds.verdict.passes:
        return holds
    printed = kernel.at_instance(min(rewards), ">=", 0, {"reward of an obstacle": min(rewards)})
    return kernel.conditional(holds, "rewards rescaled to (r + 1)/2", printed)


def _around_an_obstacle() -> tuple[Any, Any]:
    """Return the values of walking 0, 1, 2 through the obstacle 1, and round it: 0, 3, 4, 5, 2."""
    task = grid((2, 3), goals=[2], obstacles=[1], discount=gamma, start=[1] + [0] * 5, ends=False)
    through = towards(RIGHT, RIGHT, RIGHT, RIGHT, RIGHT, UP)
    around = towards(DOWN, RIGHT, RIGHT, RIGHT, RIGHT, UP)
    return theory.objective(task, through), theory.objective(task, around)


@claim(
    "sec5-shortest",
    where=WHERE,
    statement="The goal of the agent is to reach a desired position from an arbitrary initial location in a minimum number of steps (or maximize its cumulative rewards).",
    kind=Kind.IDENTITY,
    lines=(258, 258),
    depends=("sec5-rewards",),
    controls=(ingredient("no discount", discount=gamma**0),),
    note=(
        "read as: fewest steps and largest reward ask for the same way. An obstacle on the shortest "
        "way separates them: round it is two steps longer and worth more for small discounts. If "
        "obstacles end an episode, no way leads through them, but then the environments' "
        "transitions differ: see sec5-same-transitions"
    ),
)
def fewest_steps_maximise_reward(kernel: Kernel) -> Evidence:
    """Arriving after one step more multiplies gamma^(T-1) by gamma < 1, for every T.

    With gamma = 1/2 the way through an obstacle, of two steps, earns 0, the way round it 1/4.
    """
    reached = symbols("reached")[0]
    box = GAMMA.replace(reached=Interval(Fraction(0), Fraction(1), closed_upper=True))
    later = reached * kernel.given("discount", gamma)
    holds = kernel.sign(later, "<", reached, box)
    if not holds.verdict.passes:
        return holds
    through, around = _around_an_obstacle()
    return kernel.conditional(
        holds,
        "the shortest way leads through no obstacle",
        kernel.sign(around, "<=", through, GAMMA),
    )


def _differing(tasks: list[FiniteMDP]) -> int:
    """Return how many transition probabilities differ from the first task's."""
    return sum(int(np.sum(task.transitions != tasks[0].transitions)) for task in tasks[1:])


@claim(
    "sec5-same-transitions",
    where=WHERE,
    statement="In this setting, the environments have the same transition probabilities.",
    kind=Kind.IDENTITY,
    lines=(260, 260),
    controls=(ingredient("grids of different shapes", shapes=((10, 10), (5, 20))),),
    note=(
        "whether reaching a goal or an obstacle ends a training episode is not said; the test ends "
        "there. The state is the location only, so an end has to be part of the transitions"
    ),
)
def movement_does_not_see_labels(kernel: Kernel) -> Evidence:
    """The next cell depends on the cell and the action, not on labels: here in two grids of 10 x 10.

    With ends it depends on them in a grid of two cells: from its goal an environment goes nowhere.
    """
    shapes = kernel.given("shapes", ((10, 10), (10, 10)))
    start = [1] + [0] * 99
    free = [
        grid(shape, [goal], [obstacle], Fraction(1, 2), start, ends=False)
        for shape, goal, obstacle in zip(shapes, (77, 3), (45, 77), strict=True)
    ]
    ended = [grid((1, 2), [goal], [], Fraction(1, 2), [1, 0], ends=True) for goal in (0, 1)]
    holds = kernel.at_instance(_differing(free), "=", 0, {"grid": "10 x 10", "episodes end": False})
    if not holds.verdict.passes:
        return holds
    fails = kernel.at_instance(
        _differing(ended), "=", 0, {"grid": "1 x 2", "goals": "cells 1 and 2", "episodes end": True}
    )
    return kernel.conditional(holds, _NO_END, fails)


def _ratios(tasks: list[FiniteMDP], best: Any, other: Any) -> list[Any]:
    """Return d^best(s)/d^other(s) at the first cell, for each task."""
    return [theory.visitation(t, best)[0] / theory.visitation(t, other)[0] for t in tasks]


@claim(
    "sec5-assumption-2",
    where=WHERE,
    statement="Therefore, Assumption 2 is satisfied when agents across environments use an identical initial state distribution.",
    kind=Kind.IDENTITY,
    lines=(260, 260),
    depends=("sec5-same-transitions",),
    assumptions=(STATIONARY_POLICIES,),
    controls=(ingredient("the second agent starts elsewhere", starts=((1, 0), _HALVES)),),
    note=(
        "rho_i and mu_i identical each. Two conditions are missing: equal discounts, and that the "
        "transitions are common in fact, so that goals and obstacles end no episode"
    ),
)
def common_dynamics_visit_alike(kernel: Kernel) -> Evidence:
    """Both sides of (12) are equal: d = (1 - gamma) rho (I - gamma Pi P)^{-1} is one for all tasks.

    In a grid of two cells with goals 1 and 2, compared are always RIGHT and a coin (LEFT, RIGHT).
    Discounts 1/2 and 1/3 give different ratios; so do ends, for the optimum RIGHT, LEFT.
    """
    starts = kernel.given("starts", ((1, 0), (1, 0)))
    right = towards(RIGHT, RIGHT)
    free = [grid((1, 2), [k], [], gamma, starts[k], ends=False) for k in (0, 1)]
    chain = small_grids.same_visits()
    one, two = _ratios(free, right, _COIN)
    holds = kernel.confirmed(kernel.proof(chain), kernel.identity(one, two, GAMMA))
    if not holds.verdict.passes:
        return holds
    discounts = (Fraction(1, 2), Fraction(1, 3))
    uneven = [grid((1, 2), [1], [], discount, (1, 0), ends=False) for discount in discounts]
    one, two = _ratios(uneven, right, _COIN)
    instance = {"grid": "1 x 2", "discounts": "1/2 and 1/3", "start": "cell 1"}
    holds = kernel.conditional(
        holds, "equal discounts", kernel.at_instance(one, "=", two, instance)
    )
    ended = [grid((1, 2), [k], [], gamma, _HALVES, ends=True) for k in (1, 0)]
    one, two = _ratios(ended, towards(RIGHT, LEFT), _COIN)
    return kernel.conditional(holds, _NO_END, kernel.identity(one, two, GAMMA))


@claim(
    "sec5-fig2d-sharp",
    where=f"{WHERE}, Figure 2(d) and (e)",
    statement="agents that all start in one corner satisfy (12), whichever corner it is, and no mu_i is positive everywhere",
    kind=Kind.IDENTITY,
    assumptions=(STATIONARY_POLICIES,),
    depends=("sec5-assumption-2",),
    controls=(ingredient("a uniform start", start=(Fraction(1, 4),) * 4),),
    note=(
        "not printed: if all agents start in one corner, (12) holds for the left corner as for the "
        "right one, so by the paper's own argument (d) does not break Assumption 2. What both break "
        "is mu > 0: the mismatch coefficient of Theorem 2 is infinite, and it promises nothing"
    ),
)
def corners_do_not_break_assumption_2(kernel: Kernel) -> Evidence:
    """The chain holds for every common start; a corner of a 2 x 2 grid leaves three cells out."""
    start = kernel.given("start", (1, 0, 0, 0))
    tasks = [grid((2, 2), [k], [], gamma, start, ends=False) for k in (1, 3)]
    policy = np.full((4, 4), Fraction(1, 4), dtype=object)
    chain = small_grids.same_visits()
    visits = [theory.visitation(task, policy) for task in tasks]
    return kernel.confirmed(
        kernel.proof(chain),
        kernel.identity(visits[0], visits[1], GAMMA),
        kernel.at_instance(min(start), "=", 0, {"grid": "2 x 2", "start": list(start)}),
    )


@claim(
    "sec5-assumption-2-necessary-sharp",
    where=f"{WHERE}, on Assumption 2",
    statement="gradient ascent on (5) may lead to the optimum from everywhere although the sides of (12) differ",
    kind=Kind.EXISTENCE,
    assumptions=(STATIONARY_POLICIES,),
    controls=(
        ingredient("one environment twice, so (12) holds", goals=(1, 1)),
        ingredient("always RIGHT is compared with itself", other=towards(RIGHT, LEFT)),
    ),
    note=(
        "not printed: beside the hint that conditions like Assumption 2 may be necessary. They are "
        "not, in general: here gradient ascent from any policy improves every probability all the "
        "way to the optimum of both environments, although the sides of (12) differ"
    ),
)
def ascent_may_succeed_without_it(kernel: Kernel) -> Evidence:
    """Two cells; environment 1 ends in cell 2, environment 2 in cell 1, each with its goal there.

    p and q are the probabilities of RIGHT in cell 1 and of LEFT in cell 2; whatever else an agent
    does, it stays. V_1 depends on p only and grows with it, V_2 likewise on q.
    """
    goals = kernel.given("goals", (1, 0))
    tasks = [grid((1, 2), [goal], [], gamma, _HALVES, ends=True) for goal in goals]
    p, q = symbols("p", "q")
    policy = np.array([[0, 0, 1 - p, p], [0, 0, q, 1 - q]], dtype=object)
    total = sum(theory.objective(task, policy) for task in tasks)
    one, two = _ratios(tasks, towards(RIGHT, LEFT), kernel.given("other", _COIN))
    box = GAMMA.replace(p=DISCOUNT, q=DISCOUNT)
    return kernel.every(
        kernel.sign(one, "<", two, GAMMA),
        *(kernel.sign(total.derivative(name), ">", 0, box) for name in ("p", "q")),
    )


_LEFTWARDS = symbols("left")[0]


def _hits(cells: int, start: int, policy: Any) -> tuple[Any, Any]:
    """Return E gamma^T for ending in the first and in the last cell of a corridor."""
    weights = [int(cell == start) for cell in range(cells)]
    task = grid((1, cells), [0], [cells - 1], gamma, weights, ends=True)
    visits = theory.visitation(task, policy)
    return visits[0], visits[-1]


@claim(
    "sec5-fig2c-unsolvable",
    where=f"{WHERE}, Figure 2(c)",
    statement="In this case, there does not exists a policy that can always visit all goal positions without running into an obstacle.",
    kind=Kind.UPPER_BOUND,
    lines=(268, 268),
    assumptions=(STATIONARY_POLICIES,),
    controls=(ingredient("each agent starts beside its own goal", apart=True),),
    note=(
        "the goal of agent 2 is the obstacle of agent 3 and vice versa; both follow one policy of "
        "the location and start alike, as Section 5.1 asks before. Then at most three of the four "
        "tasks can be finished, whatever the other labels are. With different starts it may fail"
    ),
)
def two_goals_exclude_each_other(kernel: Kernel) -> Evidence:
    """Agents 2 and 3 walk alike until one of the two cells; h_2 + h_3 <= 1 for every discount.

    As gamma -> 1, h_k becomes the probability of reaching goal k first, which would have to be 1
    for both. Confirmed in a corridor of three cells, for every probability of LEFT in the middle;
    in one of five cells, agents that start beside their own goals do reach both.
    """
    box = Box(gamma=DISCOUNT, left=DISCOUNT)
    if kernel.given("apart", False):
        policy = towards(LEFT, LEFT, LEFT, RIGHT, RIGHT)
        both = _hits(5, 1, policy)[0] + _hits(5, 3, policy)[1]
    else:
        policy = np.array([[0, 0, _LEFTWARDS, 1 - _LEFTWARDS]] * 3, dtype=object)
        both = sum(_hits(3, 1, policy))
    chain = small_grids.at_most_one_goal()
    special = kernel.sign(both, "<=", 1, box)
    return kernel.confirmed(kernel.proof(chain), special)


@claim(
    "sec5-fig2b-sharp",
    where=f"{WHERE}, Figure 2(b)",
    statement="one policy may be optimal in two environments although the goal of one is an obstacle of the other",
    kind=Kind.EXISTENCE,
    assumptions=(STATIONARY_POLICIES,),
    controls=(ingredient("and vice versa: goal 2 is an obstacle of environment 3", mutual=True),),
    note=(
        "not printed: an obstacle of environment 2 may be the goal of environment 3 and one policy "
        "still be optimal for both, as Section 5.1 says of Figure 2(b) - if episodes end, for in "
        "the example agent 2 would go on from its goal into the obstacle"
    ),
)
def goals_may_lie_in_a_row(kernel: Kernel) -> Evidence:
    """In a corridor of three cells, goal 2 lies in the middle, goal 3 behind it; start at the left.

    Always RIGHT is as good for both agents as any policy: RIGHT has the probabilities a and b, and
    of the rest in the middle a share goes to LEFT; at the left end LEFT and UP both stay.
    """
    a, b, share = symbols("a", "b", "share")
    middle = [(1 - b) * (1 - share), 0, (1 - b) * share, b]
    extra = [1] if kernel.given("mutual", False) else []
    layout = (([1], [2]), ([2], extra))
    tasks = [grid((1, 3), goal, obstacle, gamma, [1, 0, 0], ends=True) for goal, obstacle in layout]
    any_policy = np.array([[0, 0, 1 - a, a], middle, [0, 0, 0, 1]], dtype=object)
    box = GAMMA.replace(a=PROBABILITY, b=PROBABILITY, share=PROBABILITY)
    right = towards(RIGHT, RIGHT, RIGHT)
    values = [(theory.objective(t, any_policy), theory.objective(t, right)) for t in tasks]
    return kernel.every(*(kernel.sign(other, "<=", best, box) for other, best in values))


@claim(
    "sec5-fig2c-value",
    where=f"{WHERE}, Figure 2(c)",
    statement="while the experiment with unresolvable conflict does not",
    kind=Kind.EXISTENCE,
    lines=(270, 270),
    assumptions=(STATIONARY_POLICIES,),
    depends=("sec5-fig2c-unsolvable",),
    controls=(ingredient("the obstacles are elsewhere", obstacles=False),),
    note=(
        "does not allow the optimal value of (5) to be the sum of the tasks' optimal values, each "
        "positive. Shown where no episode ends; where goals and obstacles end it, a task's optimal "
        "value is attained by reaching its goal for sure, which sec5-fig2c-unsolvable excludes. If "
        "the two cells are the only ones with labels, the two tasks cancel for every policy, and "
        "(5) does not prefer finishing one of them to finishing neither"
    ),
)
def conflict_cancels(kernel: Kernel) -> Evidence:
    """r_2 + r_3 <= 0, so V_2 + V_3 <= 0 for every policy, but V_2 > 0 for LEFT, V_3 > 0 for RIGHT."""
    blocked = kernel.given("obstacles", True)
    start, tasks = [0, 1, 0], []
    for goal, obstacle in ((0, 2), (2, 0)):
        tasks.append(grid((1, 3), [goal], [obstacle] if blocked else [], gamma, start, ends=False))
    policy = np.array([[0, 0, _LEFTWARDS, 1 - _LEFTWARDS]] * 3, dtype=object)
    together = sum(theory.objective(task, policy) for task in tasks)
    best = [
        theory.objective(task, towards(action, action, action))
        for task, action in zip(tasks, (LEFT, RIGHT), strict=True)
    ]
    box = Box(gamma=DISCOUNT, left=DISCOUNT)
    chain = small_grids.opposite_tasks_cancel()
    return kernel.confirmed(
        kernel.proof(chain),
        kernel.sign(together, "<=", 0, box),
        *(kernel.sign(value, ">", 0, GAMMA) for value in best),
    )


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
