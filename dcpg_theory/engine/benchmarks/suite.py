"""All that is timed, in one run and one process, but for what needs a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dcpg_theory.engine.benchmarks import separate
from dcpg_theory.engine.benchmarks.floors import Floors, machine, measure_floors, work_of
from dcpg_theory.engine.benchmarks.instances import dense_problem, grid_problem, ring_weights
from dcpg_theory.engine.benchmarks.peers import (
    PEERS,
    Maker,
    Runner,
    batched_numpy_runner,
    engine_runner,
    missing,
    quantecon_runner,
    versions,
)
from dcpg_theory.engine.benchmarks.timing import Timed, interleaved
from dcpg_theory.engine.blas_threads import one_blas_thread
from dcpg_theory.engine.paths import choose_path
from dcpg_theory.models.examples import example_1
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["CASES", "ENGINE", "Case", "parts", "run_part"]

ENGINE = "dcpg_theory"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Case:
    """A problem on which the engine and its peers are timed.

    Attributes
    ----------
    name, description : str
    problem : callable
        Makes it.
    step : float
        The step size.
    settle : int
        Iterations of the engine before it is timed, so that it is in its steady state.
    repeats : int
    seconds : float
        For a batch.
    """

    name: str
    description: str
    problem: Callable[[], MultiTaskProblem]
    step: float = 0.5
    settle: int = 0
    repeats: int = 9
    seconds: float = 0.1


CASES = (
    Case("example-1", "5 states, 2 tasks", lambda: example_1(0.9).to_float()),
    Case("grid-10x10-4", "10 x 10 grid, N = 4, discount 0.95", lambda: grid_problem(10, 4, 0.95)),
    Case("grid-10x10-6", "10 x 10 grid, N = 6, discount 0.95", lambda: grid_problem(10, 6, 0.95)),
    Case("dense-200", "full S = 200, A = 8, N = 16", lambda: dense_problem(200, 8, 16)),
    *(
        Case(
            f"grid-{side}x{side}-{discount}",
            f"{side} x {side} grid, N = 8, discount {discount}, steady state",
            lambda side=side, discount=discount: grid_problem(side, 8, discount),  # type: ignore[misc]
            settle=60,
            repeats=repeats,
        )
        for side, repeats in ((100, 5), (300, 2))
        for discount in (0.95, 0.99)
    ),
)


def parts(only: tuple[str, ...] = ()) -> list[str]:
    """Return the names of the parts of a run, of which `only` some are asked for."""
    names = ["floors", *(case.name for case in CASES), "batch", "million", "start", "growth"]
    return [name for name in names if not only or name in only]


def run_part(name: str) -> dict[str, Any]:
    """Run one part, and return what came out as JSON can hold it.

    Parameters
    ----------
    name : str
        One of `parts`.
    """
    cases = {case.name: case for case in CASES}
    with one_blas_thread():
        if name in cases:
            return _run_case(cases[name])
        if name == "batch":
            return _run_batch_case()
    if name == "floors":
        about = machine() | {"peers": versions()}
        return {"version": VERSION, "machine": about, **asdict(measure_floors())}
    if name == "growth":
        return _growth()
    return separate.run(name)


def _run_case(case: Case) -> dict[str, Any]:
    problem = case.problem()
    W = ring_weights(problem.n_tasks)
    skipped = {name: why for name in PEERS if (why := missing(name, problem))}
    makers: dict[str, Maker] = {ENGINE: engine_runner}
    makers |= {name: make for name, (_, make) in PEERS.items() if name not in skipped}
    runners: dict[str, Runner] = {}
    differences = {}
    expected = engine_runner(problem, W, case.step)(2)
    for name, make in makers.items():
        try:
            runner = make(problem, W, case.step)
            ends = runner(2)
        except Exception as error:  # a package that does not work here is no reason to stop
            if name == ENGINE:
                raise
            skipped[name] = f"failed: {type(error).__name__}: {error}".splitlines()[0]
            continue
        runners[name] = runner
        differences[name] = float(np.abs(ends - expected).max())
    runners[ENGINE](case.settle)
    timed = interleaved(runners, repeats=case.repeats, seconds=case.seconds)
    return {
        "description": case.description,
        "path": choose_path(problem),
        "contenders": _summary(timed),
        "skipped": skipped,
        "difference_after_two_iterations": differences,
        "work": asdict(work_of(problem)),
    }


def _summary(timed: dict[str, Timed]) -> dict[str, Any]:
    own = timed[ENGINE].median
    return {
        name: {
            "seconds": times.median,
            "spread": times.spread,
            "batch": times.batch,
            "samples": list(times.samples),
            "times_the_engine": times.median / own,
        }
        for name, times in timed.items()
    }


_SHAPES, _COPIES, _ITERATIONS = 40, 16, 1000


def _run_batch_case() -> dict[str, Any]:
    """Time many small instances; an iteration is that of one instance, over all shapes alike."""
    from dcpg_theory.engine.batch_runs import run_batch
    from dcpg_theory.engine.batches import random_batch

    rng = np.random.default_rng(0)
    shapes = [
        (int(rng.integers(2, 9)), int(rng.integers(5, 21)), int(rng.integers(2, 5)))
        for _ in range(_SHAPES)
    ]
    batches = [random_batch(rng, _COPIES, *shape) for shape in shapes]
    weights = [ring_weights(shape[0]) for shape in shapes]

    def engine(threads: int | None, iterations: int) -> None:
        for batch, W in zip(batches, weights, strict=True):
            run_batch(batch, W, step_size=0.1, iterations=iterations, threads=threads)

    def generation(n: int) -> None:
        for shape in shapes * n:
            random_batch(rng, _COPIES, *shape)

    singles = [batch.problem(0) for batch in batches]
    both = list(zip(singles, weights, strict=True))
    numpy_loops = [batched_numpy_runner(problem, W, 0.1) for problem, W in both]
    runners: dict[str, Callable[[int], object]] = {
        ENGINE: lambda n: engine(None, n),
        f"{ENGINE}, one thread": lambda n: engine(1, n),
        "batched numpy": lambda n: [run(n) for run in numpy_loops],
    }
    skipped = {"QuantEcon": why} if (why := missing("QuantEcon", singles[0])) else {}
    if not skipped:
        loops = [quantecon_runner(problem, W, 0.1) for problem, W in both]
        runners["QuantEcon"] = lambda n: [run(n) for run in loops]
    engine(None, 2)  # what is compiled is compiled
    own = [name for name in runners if name.startswith(ENGINE)]
    timed = interleaved(runners, repeats=3, seconds=0.5, fixed=dict.fromkeys(own, _ITERATIONS))
    # The engine ran all copies, a peer one instance of each shape.
    instances = {name: _SHAPES * (_COPIES if name.startswith(ENGINE) else 1) for name in timed}
    scaled = {
        name: Timed(tuple(t / instances[name] for t in times.samples), times.batch)
        for name, times in timed.items()
    }
    made = interleaved({"generation": generation}, repeats=5, seconds=0.1)["generation"]
    return {
        "description": "instances of S = 5-20, N = 2-8, A = 2-4, 1000 iterations",
        "path": "batch",
        "contenders": _summary(scaled),
        "skipped": skipped,
        "seconds_to_make_an_instance": made.median / (_SHAPES * _COPIES),
    }


@dataclass(frozen=True, slots=True)
class _Family:
    """Problems along which one size grows."""

    axis: str
    title: str
    sizes: tuple[int, ...]
    problem: Callable[[int], MultiTaskProblem]


_FAMILIES = (
    _Family(
        "states",
        "grids, N = 4",
        (9, 25, 100, 225, 400, 900, 2500, 4900, 10_000, 22_500, 40_000),
        lambda n: grid_problem(round(n**0.5), 4, 0.95),
    ),
    _Family(
        "states",
        "full transitions, N = 4, A = 4",
        (5, 10, 20, 40, 72, 73, 100, 200, 300),
        lambda n: dense_problem(n, 4, 4),
    ),
    _Family(
        "agents", "10 x 10 grid", (1, 2, 3, 4, 8, 16, 32, 64), lambda n: grid_problem(10, n, 0.95)
    ),
    _Family(
        "actions",
        "full transitions, S = 64, N = 4",
        (2, 4, 8, 16, 32),
        lambda n: dense_problem(64, n, 4),
    ),
)


def _growth() -> dict[str, Any]:
    floors = measure_floors()
    return {"families": [_family(family, floors) for family in _FAMILIES], **asdict(floors)}


def _family(family: _Family, floors: Floors) -> dict[str, Any]:
    points = []
    for size, problem in _made(family):
        runner = engine_runner(problem, ring_weights(problem.n_tasks), 0.5)
        path = choose_path(problem)
        runner(40 if path == "krylov" else 1)
        timed = interleaved({ENGINE: runner}, repeats=5, seconds=0.05)[ENGINE]
        arithmetic, data = work_of(problem).seconds(floors)
        points.append(
            {
                "size": size,
                "path": path,
                "seconds": timed.median,
                "arithmetic_floor": arithmetic,
                "data_floor": data,
            }
        )
    return {"axis": family.axis, "title": family.title, "points": points}


def _made(family: _Family) -> Iterator[tuple[int, MultiTaskProblem]]:
    for size in family.sizes:
        yield size, family.problem(size)
