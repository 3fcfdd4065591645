"""Drawing a problem's numbers from one string against drawing each on its own, in one run."""

from __future__ import annotations

import time
from fractions import Fraction

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dcpg_theory import FiniteMDP, MultiTaskProblem, strategies

EXAMPLES = 150
QUIET = settings(
    max_examples=EXAMPLES,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@st.composite
def number_by_number(draw, tasks=2, states=3, actions=2):
    """The same problems as a user would write them down first: nested lists of integers."""

    def distribution(n):
        weights = draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
        return [Fraction(w, sum(weights)) for w in weights]

    def task():
        kernel = [[distribution(states) for _ in range(actions)] for _ in range(states)]
        rewards = [[Fraction(draw(st.integers(0, 10)), 10) for _ in range(actions)] for _ in kernel]
        return FiniteMDP(
            kernel, rewards, Fraction(draw(st.integers(1, 9)), 10), distribution(states)
        )

    return MultiTaskProblem([task() for _ in range(tasks)])


def seconds(strategy):
    @QUIET
    @given(strategy)
    def draw_all(problem):
        assert problem.n_states == 3

    start = time.process_time()
    draw_all()
    return time.process_time() - start


def test_bulk_draws_against_nested_lists(record_property):
    ours = strategies.multi_task_problems(
        min_tasks=2, max_tasks=2, min_states=3, max_states=3, min_actions=2, max_actions=2
    )
    rounds = [(seconds(number_by_number()), seconds(ours)) for _ in range(3)]
    slow, fast = (min(column) for column in zip(*rounds, strict=True))
    record_property("problems a second", round(EXAMPLES / fast))
    record_property("times as fast as nested lists", round(slow / fast, 1))
    assert fast < slow
