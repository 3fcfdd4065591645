"""Programs on MPI ranks, for tests: tiny, few ranks, and ended if they hang."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import dcpg_theory
from dcpg_theory.engine.launching import environment, find_mpiexec
from dcpg_theory.errors import InvalidInput

HANGS = 300
"""Seconds after which a program is taken to hang; a net, not a limit that a test relies on."""


def need_mpi() -> None:
    """Skip the module that asks, where MPI is not installed."""
    pytest.importorskip("mpi4py", reason="needs the extra mpi")
    try:
        find_mpiexec()
    except InvalidInput as error:
        pytest.skip(str(error), allow_module_level=True)


def run_program(n_ranks: int, program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program on ranks and return how it ended."""
    command = [str(find_mpiexec()), "-n", str(n_ranks), sys.executable, str(program), *words]
    return subprocess.run(
        command,
        env={**environment(n_ranks), "PYTHONPATH": str(Path(dcpg_theory.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS,
        stdin=subprocess.DEVNULL,
    )
