"""Starting a Python program on MPI ranks, and saying in one line how it ended."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

from dcpg_theory.errors import InvalidInput

__all__ = ["Ended", "environment", "find_mpiexec", "run_on_ranks"]

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_BANNER = "=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES"
_REASON = "YOUR APPLICATION TERMINATED WITH THE EXIT STRING: "


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program on ranks ended.

    Attributes
    ----------
    code : int
        The exit code of mpiexec.
    lost : str or None
        If a rank did not end by itself, what mpiexec says of it, as ``Killed (signal 9)``.
    """

    code: int
    lost: str | None


def find_mpiexec() -> Path:
    """Return the mpiexec of this environment, or else of the search path.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    beside = Path(sys.executable).with_name("mpiexec")
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        raise InvalidInput(
            "there is no mpiexec: install dcpg-theory[mpi], which brings mpi4py and mpich"
        )
    return Path(found)


def environment(n_ranks: int) -> dict[str, str]:
    """Return the environment in which ranks start: this one, with one numerical thread each.

    Where ranks outnumber the cores, waiting ones sleep, so that others come to their turn: MPICH
    otherwise waits busily.
    """
    extra = {"MPIR_CVAR_ENABLE_HEAVY_YIELD": "1"} if n_ranks > (os.cpu_count() or 1) else {}
    return {**_ONE_THREAD, **extra, **os.environ}


def run_on_ranks(
    n_ranks: int,
    arguments: Sequence[str],
    *,
    line: Callable[[str], object],
    variables: Mapping[str, str] | None = None,
) -> Ended:
    """Run this Python with the arguments on MPI ranks, one thread each, and wait.

    mpiexec's own report of a rank that was lost is taken out of the output.

    Parameters
    ----------
    n_ranks : int
        At least 1.
    arguments : sequence of str
        Of the interpreter, as ``("-m", "dcpg_theory", "run", ...)``.
    line : callable
        Takes each line of standard output, with its end; standard error is passed on as it is.
    variables : mapping of str to str, optional
        Of the environment, besides what `environment` says.

    Raises
    ------
    InvalidInput
        If there is no mpiexec, or n_ranks is less than 1.
    """
    if n_ranks < 1:
        raise InvalidInput(f"ranks={n_ranks} must be an integer of at least 1")
    command = [str(find_mpiexec()), "-n", str(n_ranks), sys.executable, *arguments]
    variables = {**environment(n_ranks), **(variables or {})}
    report: list[str] = []
    with subprocess.Popen(
        command,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        errors = Thread(target=_pass_on, args=(process.stderr,), daemon=True)
        errors.start()
        try:
            _read(process.stdout, line, report)
        except BaseException:
            process.terminate()
            raise
        errors.join()
    if not report:
        return Ended(process.returncode, None)
    reasons = [text.removeprefix(_REASON) for text in report if text.startswith(_REASON)]
    return Ended(process.returncode, reasons[0] if reasons else "no reason given")


def _read(stream: IO[str], line: Callable[[str], object], report: list[str]) -> None:
    """Hand on the lines before mpiexec's report, which begins with an empty line and a rule."""
    held: list[str] = []
    for text in stream:
        bare = text.rstrip("\n")
        if report:
            report.append(bare)
        elif bare == _BANNER:
            report.append(bare)
            held.clear()
        elif not bare or set(bare) == {"="}:
            held.append(text)
        else:
            for earlier in [*held, text]:
                line(earlier)
            held.clear()
    for text in held:
        line(text)


def _pass_on(stream: IO[str]) -> None:
    for text in stream:
        sys.stderr.write(text)
        sys.stderr.flush()
