"""One interface for runs in this process, in others, and on ranks."""

from __future__ import annotations

import math
import os
import textwrap

import pytest
from on_ranks import need_mpi, run_program

from dcpg_theory.engine.executors import executor
from dcpg_theory.errors import InvalidInput


def test_one_job_works_here_and_at_once():
    with executor(jobs=1) as pool:
        assert pool.submit(os.getpid).result() == os.getpid()
        assert list(pool.map(math.factorial, range(4))) == [1, 1, 2, 6]


def test_an_error_belongs_to_the_result():
    with executor(jobs=1) as pool:
        future = pool.submit(math.sqrt, -1)
        with pytest.raises(ValueError, match="math domain error"):
            future.result()


def test_more_jobs_are_other_processes():
    with executor(jobs=2) as pool:
        assert list(pool.map(math.factorial, range(4))) == [1, 1, 2, 6]
        assert pool.submit(os.getpid).result() != os.getpid()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"jobs": 0}, "jobs=0 must be an integer of at least 1"),
        ({"ranks": 1.5}, "ranks=1.5 must be an integer"),
        ({"jobs": 1, "ranks": 1}, "give one of jobs, ranks and comm"),
    ],
)
def test_bad_numbers_are_refused(given, message):
    with pytest.raises(InvalidInput, match=message), executor(**given):
        pass


PROGRAM = """
import math, os, sys
from dcpg_theory.engine.executors import executor

if __name__ == "__main__":
    if sys.argv[1] == "started":
        options = {"ranks": 2}
    else:
        from mpi4py import MPI
        options = {"comm": MPI.COMM_WORLD}
    with executor(**options) as pool:
        if pool is not None:
            assert list(pool.map(math.factorial, range(4))) == [1, 1, 2, 6]
            assert pool.submit(os.getpid).result() != os.getpid()
            print("passed")
"""


@pytest.mark.parametrize(("n_ranks", "how"), [(1, "started"), (2, "here")])
def test_ranks_work_for_the_first(tmp_path, n_ranks, how):
    need_mpi()
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    done = run_program(n_ranks, program, how)
    assert (done.returncode, done.stdout.strip()) == (0, "passed"), done.stderr
