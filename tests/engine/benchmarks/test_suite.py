"""The benchmark compares what computes the same, and its numbers are what they are called."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine.benchmarks import suite
from dcpg_theory.engine.benchmarks.floors import Floors, machine, measure_floors, work_of
from dcpg_theory.engine.benchmarks.instances import dense_problem, grid_problem, ring_weights
from dcpg_theory.engine.benchmarks.peers import PEERS, engine_runner, missing, versions
from dcpg_theory.engine.benchmarks.timing import interleaved


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("make", [lambda: grid_problem(5, 3, 0.9), lambda: dense_problem(6, 3, 4)])
def test_a_peer_computes_what_the_engine_does(name, make):
    problem = make()
    why = missing(name, problem)
    if why is not None:
        pytest.skip(why)
    W, (_, peer) = ring_weights(problem.n_tasks), PEERS[name]
    run, engine = peer(problem, W, 0.5), engine_runner(problem, W, 0.5)
    for n in (1, 3):  # it goes on from where it stands
        np.testing.assert_allclose(run(n), engine(n), rtol=0, atol=1e-12)


def test_a_peer_that_cannot_take_part_is_named_with_a_reason():
    assert missing("splu", dense_problem(5, 2, 1)) == "transitions are not stored sparsely"
    assert missing("batched numpy", grid_problem(40, 1, 0.9)) == "full matrices of 1600 states"
    assert missing("QuantEcon", grid_problem(101, 1, 0.9)) == "minutes for an iteration"


def test_contenders_run_in_turns_and_times_are_those_of_one_iteration():
    now, order = [0.0], []

    def costs(name, seconds):
        def run(n):
            order.append(name)
            now[0] += n * seconds

        return run

    timed = interleaved(
        {"fast": costs("fast", 0.001), "slow": costs("slow", 0.1)},
        repeats=3,
        seconds=0.05,
        clock=lambda: now[0],
    )
    assert timed["fast"].median == pytest.approx(0.001)
    assert timed["fast"].batch == 50
    assert timed["slow"].median == pytest.approx(0.1)
    assert timed["slow"].batch == 1
    assert order[-6:] == ["fast", "slow", "slow", "fast", "fast", "slow"]


def test_a_contender_may_be_told_how_many_iterations_to_do():
    told = []
    interleaved({"own": told.append}, repeats=2, seconds=1.0, fixed={"own": 7})
    assert told == [7, 7]


def test_the_work_of_a_full_problem_is_that_of_gauss():
    work = work_of(dense_problem(50, 2, 3))
    assert work.operations > 3 * 2 / 3 * 50**3
    assert work.data > 3 * 8 * 50 * 2 * 50
    assert work.seconds(Floors(work.operations, work.data / 2)) == (1.0, 2.0)


def test_rates_and_machine_are_told():
    floors = measure_floors(repeats=1)
    assert floors.arithmetic > 1e8
    assert floors.bandwidth > 1e8
    assert machine()["numpy"] == np.__version__


def test_a_case_tells_paths_ratios_and_agreement():
    case = suite.Case(
        "small", "a small grid", lambda: grid_problem(4, 2, 0.9), repeats=3, seconds=0.002
    )
    found = suite._run_case(case)
    assert found["path"] == "sparse"
    assert found["contenders"][suite.ENGINE]["times_the_engine"] == 1
    assert max(found["difference_after_two_iterations"].values()) < 1e-12
    assert set(found["contenders"]) | set(found["skipped"]) == {suite.ENGINE, *PEERS}


def test_a_peer_that_fails_is_named_with_its_reason_and_stops_nobody(monkeypatch):
    def fails(*_):
        raise RuntimeError("no such symbol\nin a long trace")

    peers = {"batched numpy": PEERS["batched numpy"], "broken": ("numpy", fails)}
    monkeypatch.setattr(suite, "PEERS", peers)
    monkeypatch.setattr("dcpg_theory.engine.benchmarks.peers.PEERS", peers)
    case = suite.Case("small", "", lambda: grid_problem(3, 2, 0.9), repeats=1, seconds=0.001)
    found = suite._run_case(case)
    assert set(found["contenders"]) == {suite.ENGINE, "batched numpy"}
    assert found["skipped"] == {"broken": "failed: RuntimeError: no such symbol"}


def test_a_contender_that_takes_long_is_not_run_in_vain():
    now, done = [0.0], []

    def slow(n):
        done.append(n)
        now[0] += 10.0 * n

    interleaved({"slow": slow}, repeats=2, seconds=0.1, clock=lambda: now[0])
    assert done == [1, 1, 1, 1]


def test_a_first_run_that_compiles_does_not_make_the_batches_small():
    now, done = [0.0], []

    def fast(n):
        now[0] += 0.001 * n + (0 if done else 30.0)
        done.append(n)

    timed = interleaved({"fast": fast}, repeats=2, seconds=0.1, clock=lambda: now[0])["fast"]
    assert timed.batch == 100
    assert timed.median == pytest.approx(0.001)


def test_versions_are_those_of_the_packages_that_are_installed():
    found = versions()
    assert found["batched numpy"] == np.__version__
    assert set(found) <= set(PEERS)


def test_parts_can_be_chosen():
    assert suite.parts()[0] == "floors"
    assert suite.parts(("growth", "floors")) == ["floors", "growth"]
