"""The command as a shell sees it: exit code, standard output, standard error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import dcpg_theory
from dcpg_theory.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def dcpg(monkeypatch, capsys) -> Callable[..., Ended]:
    """(words...) -> how the command ended, run in this process."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["dcpg", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ended(ended.value.code, printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def dcpg_process() -> Callable[..., Ended]:
    """(words...) -> how the command ended, in a process of its own."""

    def run(*words: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "dcpg_theory", *words],
            env={**os.environ, "PYTHONPATH": str(Path(dcpg_theory.__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run
