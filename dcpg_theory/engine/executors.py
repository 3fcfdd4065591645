"""Many independent runs: in this process, in others, or on MPI ranks, behind one interface.

Sweeps and searches take a `concurrent.futures.Executor` and need not know where it works.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, ParamSpec, TypeVar

import numpy as np

from dcpg_theory.engine.launching import find_mpiexec
from dcpg_theory.engine.mpi import import_mpi
from dcpg_theory.errors import InvalidInput

__all__ = ["executor"]

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def executor(
    *, jobs: int | None = None, ranks: int | None = None, comm: Any | None = None
) -> Iterator[Executor | None]:
    """Return a context whose value runs functions elsewhere, as a `concurrent.futures.Executor`.

    Functions and arguments are sent by pickle, so functions stand at the top of a module. At most
    one of the parameters is given.

    Parameters
    ----------
    jobs : int, optional
        Processes of this machine; 1 works in this process, at once. Default as many as there are
        cores to use.
    ranks : int, optional
        MPI processes, started now, or those of ``mpiexec -n R python -m mpi4py.futures ...``.
    comm : mpi4py.MPI.Comm, optional
        The ranks that all come here: rank 0 is given the executor; the others work for it and then
        are given None.

    Raises
    ------
    InvalidInput
        If several are given, a number is less than 1, or MPI is asked for and not at hand.

    Examples
    --------
    >>> with executor(jobs=1) as pool:
    ...     list(pool.map(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    if sum(given is not None for given in (jobs, ranks, comm)) > 1:
        raise InvalidInput("give one of jobs, ranks and comm")
    for name, number in (("jobs", jobs), ("ranks", ranks)):
        if number is not None and (not isinstance(number, int | np.integer) or number < 1):
            raise InvalidInput(f"{name}={number!r} must be an integer of at least 1")
    with _opened(jobs, ranks, comm) as pool:
        yield pool


def _opened(jobs: int | None, ranks: int | None, comm: Any | None) -> Any:
    if comm is not None:
        import_mpi()
        from mpi4py.futures import MPICommExecutor

        return MPICommExecutor(comm, root=0)
    if ranks is not None:
        return _rank_pool(ranks)
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    n = n if jobs is None else jobs
    # Forked children would inherit the locks of numerical threads, so new ones are started.
    if n == 1:
        return _AtOnce()
    return ProcessPoolExecutor(n, mp_context=get_context("spawn"), initializer=_end_on_ctrl_c)


def _end_on_ctrl_c() -> None:
    """Let Ctrl-C, which reaches all processes, end this one without words: the first one tells."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _rank_pool(ranks: int) -> Any:
    # A process that mpiexec did not start asks the mpiexec on its PATH to start others.
    folder = str(find_mpiexec().parent)
    path = os.environ.get("PATH", "")
    if folder not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([folder, path])
    import_mpi()
    from mpi4py.futures import MPIPoolExecutor

    return MPIPoolExecutor(max_workers=ranks)


class _AtOnce(Executor):
    """Does in this process what is submitted, before `submit` returns."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """See `concurrent.futures.Executor`."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # it belongs to whoever asks for the result
            future.set_exception(error)
        return future
