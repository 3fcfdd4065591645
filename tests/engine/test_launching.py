"""Programs on ranks: their output, and how they ended."""

from __future__ import annotations

import sys

import pytest
from on_ranks import need_mpi

from dcpg_theory.engine import launching
from dcpg_theory.engine.launching import find_mpiexec, run_on_ranks
from dcpg_theory.errors import InvalidInput

need_mpi()


def run(program, n_ranks=2):
    lines = []
    ended = run_on_ranks(n_ranks, ["-c", "import os, sys\n" + program], line=lines.append)
    return ended, lines


def test_lines_come_through_and_the_exit_code_too():
    ended, lines = run("os.write(1, b'=====\\n\\nabc\\n'); sys.exit(3)", n_ranks=1)
    assert lines == ["=====\n", "\n", "abc\n"]
    assert (ended.code, ended.lost) == (3, None)


def test_a_rank_that_is_killed_is_told_in_one_line_and_ends_the_others():
    program = """
from mpi4py import MPI
if MPI.COMM_WORLD.rank == 1:
    os.write(1, b"last words\\n")
    os.kill(os.getpid(), 9)
MPI.COMM_WORLD.Barrier()
"""
    ended, lines = run(program)
    assert ended.code != 0
    assert ended.lost == "Killed (signal 9)"
    assert lines == ["last words\n"]


def test_ranks_have_one_numerical_thread_each(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert run("print(os.environ['OMP_NUM_THREADS'])", 1)[1] == ["1\n"]
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert launching.environment(1)["OMP_NUM_THREADS"] == "7"


def test_the_mpiexec_of_this_environment_is_taken_first(monkeypatch, tmp_path):
    assert find_mpiexec().exists()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidInput, match=r"no mpiexec: install dcpg-theory\[mpi\]"):
        find_mpiexec()
    (tmp_path / "mpiexec").write_text("")
    assert find_mpiexec() == tmp_path / "mpiexec"


def test_a_number_of_ranks_is_at_least_one():
    with pytest.raises(InvalidInput, match="ranks=0 must be"):
        run("", 0)
