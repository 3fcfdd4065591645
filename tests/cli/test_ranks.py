"""``dcpg run`` on MPI ranks: the same result, one message, and a lost rank is no lost run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from on_ranks import HANGS, need_mpi

import dcpg_theory
from dcpg_theory.cli import ranks
from dcpg_theory.cli.ranks import agreed, one_voice
from dcpg_theory.engine import load_result
from dcpg_theory.engine.checkpoints import VERSION
from dcpg_theory.engine.files import read_archive
from dcpg_theory.engine.launching import find_mpiexec
from dcpg_theory.engine.streams import read_record
from dcpg_theory.errors import InvalidInput

need_mpi()

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(dcpg_theory.__file__).parents[1])}
DCPG = [sys.executable, "-m", "dcpg_theory", "run"]
QUICK = ["random:3,2,4,2", "--path", "reference", "--no-plot"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*words, prefix=()):
    return subprocess.run(
        [*prefix, *DCPG, *QUICK, *words],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS,
        stdin=subprocess.DEVNULL,
    )


def test_ranks_bring_what_one_process_brings_and_idle_ones_are_a_warning():
    words = ("--iterations", "40", "--json", "-", "--quantity", "lyapunov")
    alone, started = run(*words, "--out", "a.npz"), run(*words, "--ranks", "2", "--out", "b.npz")
    assert (started.returncode, started.stderr) == (0, "")
    assert json.loads(started.stdout)["final"] == json.loads(alone.stdout)["final"]
    under = run(*words, "--mpi", "--out", "c.npz", prefix=[str(find_mpiexec()), "-n", "3"])
    assert under.returncode == 0
    assert under.stderr == (
        "dcpg: warning: 2 agents are fewer than the 3 ranks, so 1 of them idle\n"
    )
    assert json.loads(under.stdout)["final"] == json.loads(alone.stdout)["final"]
    traces = [load_result(name)[0] for name in ("a.npz", "b.npz", "c.npz")]
    for trace in traces[1:]:
        np.testing.assert_array_equal(trace.parameters, traces[0].parameters)
        np.testing.assert_array_equal(trace.recorded["lyapunov"], traces[0].recorded["lyapunov"])


def test_bad_input_on_ranks_is_one_line_and_exit_code_2():
    done = run("--ranks", "2", "--step-size", "fast")
    assert done.returncode == 2
    assert done.stderr == ("dcpg: --step-size fast must be A or A:B:..., positive finite numbers\n")
    assert done.stdout == ""
    wrong = run("--ranks", "2", "--mpi")
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "dcpg: --ranks starts the ranks itself, without --mpi\n",
    )


def test_without_mpi_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(ranks, "find_spec", lambda _: None)
    with pytest.raises(InvalidInput, match=r"MPI is not at hand: install dcpg-theory\[mpi\]"):
        ranks.launch(2, ["run"], "", 1, quiet=True)


def ranks_of(launcher):
    """Return the process ids of the ranks that a launcher has started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    line, found = [launcher], []
    while line:
        process = line.pop()
        below = children.get(process, [])
        line += below
        command = Path(f"/proc/{process}/cmdline").read_bytes()
        if b"--mpi" in command and b"mpiexec" not in command and b"proxy" not in command:
            found.append(process)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the ranks by /proc")
def test_a_lost_rank_ends_the_run_with_one_line_and_it_goes_on_with_fewer(tmp_path):
    words = ["--checkpoint", "run.npz", "--record", "run.npy", "--record-every", "50", "--resume"]
    with subprocess.Popen(
        [*DCPG, *QUICK, *words, "--iterations", "100000", "--step-size", "0.5", "--ranks", "2"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as launcher:
        deadline = time.monotonic() + HANGS
        while not (tmp_path / "run.npz").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(sorted(ranks_of(launcher.pid))[-1], signal.SIGKILL)
        out, err = launcher.communicate(timeout=HANGS)
    assert launcher.returncode == 1
    assert out == ""
    assert err.startswith("dcpg: a rank was lost (Killed (signal 9)), and the run ended; ")
    assert err.count("\n") == 1
    read_record("run.npy")
    at = read_archive(tmp_path / "run.npz", "checkpoint", VERSION)[0]["at"]
    settings = ["--iterations", str(at + 100), "--step-size", "0.5", "--record-every", "50"]
    assert run(*settings, *words[:4], "--resume", "--ranks", "1", "--out", "a.npz").returncode == 0
    assert run(*settings, "--out", "b.npz").returncode == 0
    found, expected = (load_result(name)[0] for name in ("a.npz", "b.npz"))
    np.testing.assert_array_equal(found.parameters, expected.parameters)
    for name, series in expected.recorded.items():
        np.testing.assert_array_equal(found.recorded[name], series)


class Alone:
    """A communicator of which this is the second of two ranks."""

    def __init__(self, other=None):
        self.other, self.aborted = other, None

    def Get_rank(self):  # noqa: N802 (MPI's name)
        return 1

    def allgather(self, own):
        return [self.other, own]

    def Abort(self, code):  # noqa: N802 (MPI's name)
        self.aborted = code


def test_ranks_agree_on_the_first_error():
    with pytest.raises(InvalidInput, match="of rank 0"):
        agreed(Alone(other="of rank 0"), lambda: 3)

    def fails():
        raise InvalidInput("of rank 1")

    with pytest.raises(InvalidInput, match="of rank 1"):
        agreed(Alone(), fails)
    assert agreed(Alone(), lambda: 3) == agreed(None, lambda: 3) == 3


def test_a_rank_that_fails_alone_says_so_and_ends_all(capsys):
    comm = Alone()
    with pytest.raises(SystemExit), one_voice(comm):
        raise MemoryError("too many states")
    assert comm.aborted == 1
    assert capsys.readouterr().err == "dcpg: rank 1: MemoryError: too many states\n"
    with pytest.raises(SystemExit) as ended, one_voice(comm):
        raise InvalidInput("known to all")
    assert (ended.value.code, capsys.readouterr().err) == (2, "")
