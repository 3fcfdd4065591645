from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from dcpg_theory import FiniteMDP, MultiTaskProblem, strategies, theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind


@given(strategies.finite_mdps())
def test_mdps_are_exact_and_within_their_bounds(mdp):
    assert mdp.kind is NumberKind.RATIONAL
    assert 1 <= mdp.n_states <= 4
    assert 1 <= mdp.n_actions <= 3
    assert (mdp.rewards >= 0).all()
    assert (mdp.rewards <= 1).all()


@given(strategies.finite_mdps(reward_range=(Fraction(-1), Fraction(5, 2))))
def test_rewards_keep_their_range(mdp):
    assert (mdp.rewards >= -1).all()
    assert (mdp.rewards * 2 <= 5).all()


@given(strategies.multi_task_problems(min_tasks=2, min_states=3, max_states=3))
def test_the_union_of_the_states_has_the_size_asked_for(problem):
    assert 2 <= problem.n_tasks <= 3
    assert problem.n_states == 3


@given(strategies.multi_task_problems(partial_states=False, common_discount=True))
def test_options_hold_for_every_task(problem):
    assert len({str(task.discount) for task in problem.tasks}) == 1
    assert all(task.n_states == problem.n_states for task in problem.tasks)


@given(strategies.multi_task_problems(positive_exploration=True))
def test_exploration_is_positive_when_asked(problem):
    assert all((mu > 0).all() for mu in problem.exploration)


@given(strategies.multi_task_problems(positive_exploration=False))
def test_exploration_is_the_start_when_asked(problem):
    pairs = zip(problem.exploration, problem.tasks, strict=True)
    assert all((mu == task.start).all() for mu, task in pairs)


def test_the_families_that_matter_are_reached():
    problems = strategies.multi_task_problems()

    def partial(problem):
        return any(task.n_states < problem.n_states for task in problem.tasks)

    def different_discounts(problem):
        return len({str(task.discount) for task in problem.tasks}) > 1

    def absorbing(problem):
        P = problem.tasks[0].transitions
        return problem.n_states > 1 and (P[0, :, 0] == 1).all() and (P[1, :, 1] < 1).all()

    def dense(problem):
        return problem.n_states > 2 and (problem.tasks[0].transitions > 0).all()

    for wanted in (partial, different_discounts, absorbing, dense):
        assert wanted(find(problems, wanted))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(strategies.assumption_2_problems(), st.data())
def test_assumption_2_holds_under_every_policy(problem, data):
    """The ratios of (12), with any comparator in the place of the optimal policy."""
    shape = (problem.n_states, problem.n_actions)
    policy, other = (data.draw(strategies.softmax_policies(*shape)) for _ in range(2))
    ratios = {}
    for i, task in enumerate(problem.tasks):
        places = problem.indices[i]
        above = theory.visitation(task, other[places])
        below = theory.visitation(task.with_start(problem.exploration[i]), policy[places])
        for place, a, b in zip(places, above, below, strict=True):
            assert ratios.setdefault(int(place), a / b) == a / b


@given(strategies.assumption_2_problems(disjoint=True, min_tasks=2))
def test_disjoint_tasks_share_no_state(problem):
    assert problem.n_states == sum(task.n_states for task in problem.tasks)


@given(strategies.assumption_2_problems(disjoint=False))
def test_tasks_that_are_not_disjoint_differ_in_rewards_only(problem):
    first = problem.tasks[0]
    assert all(task.with_rewards(first.rewards) == first for task in problem.tasks)


@given(strategies.multi_task_problems().map(MultiTaskProblem.to_float))
def test_problems_map_to_floats(problem):
    assert problem.kind is NumberKind.FLOAT


@given(strategies.finite_mdps().map(lambda mdp: mdp.astype(NumberKind.BALL)))
def test_mdps_map_to_balls(mdp):
    assert mdp.kind is NumberKind.BALL


@given(st.from_type(FiniteMDP), st.from_type(MultiTaskProblem))
def test_the_classes_are_registered(mdp, problem):
    assert isinstance(mdp, FiniteMDP)
    assert isinstance(problem, MultiTaskProblem)


@settings(max_examples=5)
@given(strategies.multi_task_problems(min_states=30, min_tasks=3, min_actions=3))
def test_large_problems_can_be_drawn_too(problem):
    assert problem.n_states >= 30


@pytest.mark.parametrize(
    "make",
    [
        lambda: strategies.finite_mdps(min_states=0),
        lambda: strategies.finite_mdps(reward_range=(1, 0)),
        lambda: strategies.finite_mdps(reward_range=1),
        lambda: strategies.finite_mdps(reward_range=(0.0, 1.0)),
        lambda: strategies.finite_mdps(max_discount=1),
        lambda: strategies.finite_mdps(structure="ring"),
        lambda: strategies.multi_task_problems(min_tasks=4, max_tasks=3),
        lambda: strategies.multi_task_problems(common_discount="yes"),
        lambda: strategies.assumption_2_problems(disjoint=1),
    ],
)
def test_nonsense_is_refused_where_the_strategy_is_made(make):
    with pytest.raises(InvalidInput):
        make()
