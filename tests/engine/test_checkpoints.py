"""A run that was cut off goes on to the same bits; a checkpoint of anything else is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from dcpg_theory.engine import Checkpoint, Record, run_dcpg
from dcpg_theory.engine.checkpoints import VERSION
from dcpg_theory.engine.estimators import Reinforce
from dcpg_theory.engine.files import read_archive, write_archive
from dcpg_theory.engine.streams import read_record
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import example_1, example_2, graphs

PAIR = graphs.lazy_metropolis(graphs.complete(2))
SETTINGS = {
    "step_size": np.linspace(1, 0.1, 40),
    "iterations": 40,
    "initial": np.random.default_rng(0).standard_normal((2, 5, 2)),
    "record": Record(every=7, first=2, states=("S3",)),
    "path": "reference",
}


class Interrupted(Exception):
    """Stands for a power cut."""


def run(checkpoint=None, problem=None, mixing=PAIR, **changed):
    problem = example_1(0.9) if problem is None else problem
    return run_dcpg(problem, mixing, checkpoint=checkpoint, **{**SETTINGS, **changed})


def assert_same(found, expected):
    np.testing.assert_array_equal(found.parameters, expected.parameters)
    assert found.recorded.keys() == expected.recorded.keys()
    for name, series in expected.recorded.items():
        np.testing.assert_array_equal(found.recorded[name], series)
        assert found.recorded[name].dtype == series.dtype


def cut_off(path, at):
    def power_cut(k, _):
        if k >= at:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(Checkpoint(path, every=3), callback=power_cut)


@pytest.mark.parametrize("at", [2, 7, 21, 40])
def test_a_resumed_run_is_the_uninterrupted_one_to_the_last_bit(tmp_path, at):
    path = tmp_path / "run.npz"
    cut_off(path, at)
    assert_same(run(Checkpoint(path, every=3, resume=True)), run())


def test_a_checkpoint_changes_nothing_and_leaves_no_other_file(tmp_path):
    assert_same(run(Checkpoint(tmp_path / "run.npz", every=9)), run())
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]


def test_a_finished_run_can_be_resumed_and_prolonged(tmp_path):
    path = tmp_path / "run.npz"
    run(Checkpoint(path), iterations=25, step_size=0.5)
    assert_same(
        run(Checkpoint(path, resume=True), iterations=25, step_size=0.5),
        run(iterations=25, step_size=0.5),
    )
    assert_same(
        run(Checkpoint(path, resume=True), iterations=60, step_size=0.5),
        run(iterations=60, step_size=0.5),
    )


def test_resuming_without_a_file_begins(tmp_path):
    assert_same(run(Checkpoint(tmp_path / "run.npz", resume=True)), run())


def test_an_existing_file_is_not_overwritten(tmp_path):
    path = tmp_path / "run.npz"
    path.write_text("my thesis")
    with pytest.raises(InvalidInput, match=r"run\.npz: exists; resume from it, or remove it"):
        run(Checkpoint(path))
    with pytest.raises(InvalidInput, match="no readable checkpoint"):
        run(Checkpoint(path, resume=True))
    assert path.read_text() == "my thesis"


@pytest.mark.parametrize(
    "changed",
    [
        {"problem": example_2(0.9, 0.75)},
        {"problem": example_1(0.8)},
        {"mixing": [[0.6, 0.4], [0.4, 0.6]]},
        {"regularization": 0.1},
        {"initial": np.zeros((2, 5, 2))},
        {"record": Record(every=8)},
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, changed):
    path = tmp_path / "run.npz"
    run(Checkpoint(path))
    with pytest.raises(InvalidInput, match="is a checkpoint of another run"):
        run(Checkpoint(path, resume=True), **changed)


def test_a_checkpoint_with_other_steps_or_beyond_the_end_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    run(Checkpoint(path))
    with pytest.raises(InvalidInput, match="the step sizes differ"):
        run(Checkpoint(path, resume=True), step_size=0.7)
    with pytest.raises(InvalidInput, match="at iteration 40, beyond the 30 asked for"):
        run(Checkpoint(path, resume=True), step_size=0.5, iterations=30)


def test_foreign_and_broken_archives_are_refused(tmp_path):
    path = tmp_path / "run.npz"
    run(Checkpoint(path))
    content = path.read_bytes()
    header, arrays = read_archive(path, "checkpoint", VERSION)
    del header["kind"], header["version"]

    def refused(message):
        with pytest.raises(InvalidInput, match=message):
            run(Checkpoint(path, resume=True))

    path.write_bytes(content[: len(content) // 2])
    refused("no readable checkpoint")
    path.write_bytes(b"")
    refused("no readable checkpoint")
    np.savez(path, parameters=np.zeros(3))
    refused("no readable checkpoint")
    np.savez(path, header=np.array([{}], dtype=object), allow_pickle=True)
    refused("no readable checkpoint")
    np.savez(path, header=np.array("[1]"))
    refused("no readable checkpoint")
    write_archive(path, "result", 1, header, arrays)
    refused("is a result of dcpg_theory, a checkpoint is needed")
    write_archive(path, "checkpoint", 99, header, arrays)
    refused("of version 99, this reads 3")
    write_archive(path, "checkpoint", VERSION, header, {})
    refused("no complete checkpoint")


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be written: No such file"):
        run(Checkpoint(tmp_path / "nowhere" / "run.npz"))


@pytest.mark.parametrize("every", [0, 1.5, "often"])
def test_how_often_must_be_a_positive_integer(every):
    with pytest.raises(InvalidInput, match="must be an integer of at least 1"):
        Checkpoint("run.npz", every=every)


@pytest.mark.parametrize(
    "variant",
    [
        {"mixing": [PAIR, [[0.9, 0.1], [0.1, 0.9]]]},
        {"method": "gossip", "seed": 4},
        {"method": "gradient-tracking"},
        {"estimator": Reinforce(2), "seed": 4},
        {"estimator": Reinforce(2), "method": "gradient-tracking"},
        {"path": "sparse"},
        {"path": "krylov"},
        {"path": "krylov", "method": "gossip"},
        {"path": "krylov", "method": "gradient-tracking"},
    ],
)
def test_every_variant_goes_on_to_the_same_bits(tmp_path, variant):
    path = tmp_path / "run.npz"

    def power_cut(k, _):
        if k >= 21:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(Checkpoint(path, every=10), callback=power_cut, **variant)
    assert read_archive(path, "checkpoint", VERSION)[0]["at"] == 20
    resumed = run(Checkpoint(path, every=7, resume=True), **variant)
    assert_same(resumed, run(**variant))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"method": "gradient-tracking"}),
        ({"method": "gossip"}, {"method": "gossip", "seed": 1}),
        ({"estimator": Reinforce(2)}, {"estimator": Reinforce(3)}),
        ({"estimator": Reinforce(2)}, {"estimator": Reinforce(2), "seed": 1}),
        ({"path": "reference"}, {"path": "sparse"}),
    ],
)
def test_a_checkpoint_of_another_variant_is_refused(tmp_path, before, after):
    path = tmp_path / "run.npz"
    run(Checkpoint(path), **before)
    with pytest.raises(InvalidInput, match="is a checkpoint of another run"):
        run(Checkpoint(path, resume=True), **after)


def test_the_seed_of_a_run_without_chance_makes_no_difference(tmp_path):
    run(Checkpoint(tmp_path / "run.npz"), seed=1)
    run(Checkpoint(tmp_path / "run.npz", resume=True), seed=2)


@pytest.mark.parametrize("iterations", [0, 7])
def test_a_finished_run_is_resumed_without_a_second_start(tmp_path, iterations):
    settings = {"iterations": iterations, "step_size": 0.5}
    for file in (None, tmp_path / "r.npy"):
        path = tmp_path / f"{file is None}.npz"
        record = replace(SETTINGS["record"], file=file)
        once = run(Checkpoint(path), record=record, **settings)
        assert_same(run(Checkpoint(path, resume=True), record=record, **settings), once)


def test_a_record_stays_where_it_was_begun(tmp_path):
    path, kept = tmp_path / "run.npz", SETTINGS["record"]
    streamed = replace(kept, file=tmp_path / "r.npy")
    run(Checkpoint(path))
    with pytest.raises(InvalidInput, match="was kept in memory, and must be again"):
        run(Checkpoint(path, resume=True), record=streamed)
    path.unlink()
    run(Checkpoint(path), record=streamed)
    with pytest.raises(InvalidInput, match="was kept in a file, and must be again"):
        run(Checkpoint(path, resume=True))


SCRIPT = """
import sys
from dcpg_theory.engine import Checkpoint, Record, run_dcpg
from dcpg_theory.models import example_1, graphs

run_dcpg(
    example_1(0.9),
    graphs.lazy_metropolis(graphs.complete(2)),
    step_size=0.5,
    iterations=int(sys.argv[3]),
    record=Record(every=1, file=sys.argv[2], quantities=("consensus_error",)),
    checkpoint=Checkpoint(sys.argv[1], every=7, resume=True),
    path="reference",
    check_accuracy=False,
)
"""


def test_a_run_that_is_killed_again_and_again_comes_to_the_same_bits(tmp_path):
    """Killed at random points, the process leaves a whole checkpoint and a whole record."""
    path, file, iterations = tmp_path / "run.npz", tmp_path / "r.npy", 10**6
    words = [sys.executable, "-c", SCRIPT, str(path), str(file), str(iterations)]
    rng, reached = np.random.default_rng(), 0
    for _ in range(4):
        with subprocess.Popen(words) as process:
            deadline = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < deadline:
                if path.exists() and saved_at(path) > reached + 10:
                    break
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.05))
            os.kill(process.pid, signal.SIGKILL)
        assert saved_at(path) > reached
        reached = saved_at(path)
        rows = read_record(file)["iteration"]
        np.testing.assert_array_equal(rows, np.arange(len(rows)))
        assert len(rows) >= reached + 1
    settings = {"step_size": 0.5, "iterations": reached + 5, "initial": None, "path": "reference"}
    record = Record(every=1, quantities=("consensus_error",))
    resumed = run(
        Checkpoint(path, every=2, resume=True), record=replace(record, file=file), **settings
    )
    assert_same(resumed, run(record=record, **settings))


def saved_at(path):
    return read_archive(path, "checkpoint", VERSION)[0]["at"]
