"""``dcpg run`` on MPI ranks: starting them, one voice for all, one line when one is lost."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NoReturn, TypeVar

import click

from dcpg_theory.cli.output import progress_bar
from dcpg_theory.errors import DcpgTheoryError, InvalidInput

__all__ = ["agreed", "launch", "one_voice", "progress_lines", "world"]

T = TypeVar("T")

_TOLD = "DCPG_PROGRESS_LINES"
_MARK = "\x1edone "


def world() -> Any:
    """Return MPI's communicator of all ranks.

    Raises
    ------
    InvalidInput
        If MPI is not at hand.
    """
    from dcpg_theory.engine.mpi import import_mpi

    return import_mpi().COMM_WORLD


def agreed(comm: Any | None, prepare: Callable[[], T]) -> T:
    """Let each rank prepare; if one cannot, all raise its error.

    Raises
    ------
    InvalidInput
        What `prepare` raised, on this rank or another.
    """
    if comm is None:
        return prepare()
    try:
        prepared, error = [prepare()], None
    except (InvalidInput, OSError) as problem:
        prepared, error = [], str(problem)
    first = next((found for found in comm.allgather(error) if found is not None), None)
    if first is not None:
        raise InvalidInput(first)
    return prepared[0]


@contextmanager
def one_voice(comm: Any | None) -> Iterator[None]:
    """Let rank 0 say what all ranks found wrong, and end the job if one rank fails alone."""
    if comm is None:
        yield
        return
    try:
        yield
    except (InvalidInput, click.UsageError):
        # Raised from what all ranks know, so that all of them end here.
        if comm.Get_rank() == 0:
            raise
        sys.exit(2)
    except Exception as error:
        click.echo(f"dcpg: rank {comm.Get_rank()}: {type(error).__name__}: {error}", err=True)
        _end_all(comm)


def _end_all(comm: Any) -> NoReturn:
    sys.stderr.flush()
    comm.Abort(1)
    raise SystemExit(1)


def progress_lines() -> Callable[[int], object] | None:
    """Return what tells the process that started the ranks how far they are, if there is one."""
    if os.environ.get(_TOLD) is None:
        return None
    return lambda k: click.echo(f"{_MARK}{k}")


def launch(n_ranks: int, words: Sequence[str], what: str, total: int, *, quiet: bool) -> int:
    """Run a command of ``dcpg`` on ranks that this process starts; return its exit code.

    Parameters
    ----------
    n_ranks : int
    words : sequence of str
        The command, without ``--ranks``.
    what : str
        Said beside the progress bar.
    total : int
        The iterations.
    quiet : bool

    Raises
    ------
    DcpgTheoryError
        If a rank was lost, and the job with it.
    InvalidInput
        If there is no mpiexec or no mpi4py.
    """
    from dcpg_theory.engine.launching import run_on_ranks

    # Each rank would say so; and to import it here would make this process one of them.
    if find_spec("mpi4py") is None:
        raise InvalidInput("MPI is not at hand: install dcpg-theory[mpi], with mpi4py and mpich")
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task(what, total=total)

        def line(text: str) -> None:
            if text.startswith(_MARK):
                bar.update(task, completed=int(text.removeprefix(_MARK)))
            else:
                sys.stdout.write(text)
                sys.stdout.flush()

        arguments = ["-m", "dcpg_theory", *words, "--mpi"]
        ended = run_on_ranks(n_ranks, arguments, line=line, variables={_TOLD: "1"})
    if ended.lost is not None:
        raise DcpgTheoryError(
            f"a rank was lost ({ended.lost}), and the run ended; the same command with --resume "
            "goes on from its checkpoint, if it has one, on any number of ranks"
        )
    return ended.code
