"""``dcpg search`` in processes and on MPI ranks: the same result, and Ctrl-C keeps the best."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from on_ranks import HANGS, need_mpi

import dcpg_theory

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(dcpg_theory.__file__).parents[1])}
SEARCH = [sys.executable, "-m", "dcpg_theory", "search", "eq-36-mean", "--quick", "--seed", "4"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def found(*words):
    """Search in another process; return what it says and the two files that it writes."""
    done = subprocess.run(
        [*SEARCH, "--rounds", "2", "--json", "-", *words],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stderr) == (0, "")
    files = [Path("eq-36-mean.toml"), Path("eq-36-mean.search.json")]
    texts = [path.read_text() for path in files]
    for path in files:
        path.unlink()
    return json.loads(done.stdout), *texts


def test_processes_and_ranks_find_what_one_process_finds():
    alone = found("--jobs", "1")
    assert alone[0]["refutes"]
    assert found("--jobs", "2") == alone
    need_mpi()
    assert found("--ranks", "2") == alone


def interrupted(*words):
    """Press Ctrl-C once the first round is saved; return the exit code and standard error."""
    with subprocess.Popen(
        [*SEARCH, "--rounds", "100000", *words],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + HANGS
        while not Path("eq-36-mean.search.json").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert Path("eq-36-mean.search.json").exists()
        # A terminal sends it to the whole group.
        os.killpg(process.pid, signal.SIGINT)
        try:
            _, err = process.communicate(timeout=HANGS / 4)
        except subprocess.TimeoutExpired:  # the callback has swallowed it
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=HANGS)
    return process.returncode, err


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="sends Ctrl-C to a group of processes")
@pytest.mark.parametrize("words", [("--jobs", "1"), ("--jobs", "2"), ("--ranks", "2")])
def test_ctrl_c_keeps_the_best_so_far(words):
    if words[0] == "--ranks":
        need_mpi()
    code, err = interrupted(*words)
    # Where it comes in hypothesis' callback for the garbage collector, Python tells of that.
    assert "Traceback" not in err.partition("Exception ignored in")[0]
    if words[0] == "--ranks":
        # mpiexec, which Ctrl-C reaches too, kills all its ranks; what was saved is whole.
        assert code != 0
    else:
        assert code == 130
    check = [sys.executable, "-m", "dcpg_theory", "search", "--check", "eq-36-mean.toml"]
    assert subprocess.run(check, env=ENVIRONMENT, check=False, capture_output=True).returncode == 0
