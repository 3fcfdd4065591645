"""The engine against what it must beat: ratios of timings taken in turns in one run."""

from __future__ import annotations

import pytest

from dcpg_theory.engine.benchmarks.instances import grid_problem, ring_weights
from dcpg_theory.engine.benchmarks.peers import batched_numpy_runner, engine_runner
from dcpg_theory.engine.benchmarks.timing import interleaved
from dcpg_theory.engine.blas_threads import one_blas_thread
from dcpg_theory.models import example_1


@pytest.mark.parametrize(
    ("problem", "least"),
    [
        (example_1(0.9).to_float(), 25),  # 80 and more on a quiet machine
        (grid_problem(10, 4, 0.95), 8),  # 25 and more
    ],
)
def test_the_compiled_loop_is_far_ahead_of_batched_numpy(problem, least):
    W = ring_weights(problem.n_tasks)
    runners = {
        "engine": engine_runner(problem, W, 0.5),
        "numpy": batched_numpy_runner(problem, W, 0.5),
    }
    with one_blas_thread():
        timed = interleaved(runners, repeats=7, seconds=0.02)
    # Least times, and a third of what is measured in quiet: it must survive any load.
    assert min(timed["numpy"].samples) > least * min(timed["engine"].samples)
