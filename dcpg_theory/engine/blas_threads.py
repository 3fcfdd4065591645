"""One BLAS thread while a kernel calls LAPACK.

The systems of this package are small, and a second thread costs more than it brings: nothing is
gained below a thousand states, and with the other core busy each call waits for it, hundreds of
times longer. Environment variables are read when the library loads, too late for a library that is
imported; so the loaded BLAS itself is told, and told back afterwards.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

__all__ = ["one_blas_thread"]

# Names that set the number of threads, for as long as they are asked to, and return the number
# before: of OpenBLAS as numpy and scipy ship it, and of MKL.
_NAMES = ("openblas_set_num_threads_local", "MKL_Set_Num_Threads_Local")


@cache
def _setters() -> tuple[Callable[[int], int], ...]:
    """Return what sets the threads of the libraries behind scipy's LAPACK and numpy's."""
    from numpy.linalg import _umath_linalg
    from scipy.linalg import cython_lapack

    found = []
    for module in (cython_lapack, _umath_linalg):
        # A symbol is looked up in a library and in all that it depends on.
        library = ctypes.CDLL(module.__file__)
        names = [name for name in _NAMES if hasattr(library, name)]
        found += [getattr(library, name) for name in names[:1]]
    return tuple(found)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let LAPACK run on one thread, where its library can be told to."""
    setters = _setters()
    before = [setter(1) for setter in setters]
    try:
        yield
    finally:
        # Both packages may have loaded one library: then the first answer is the true one.
        for setter, number in reversed(list(zip(setters, before, strict=True))):
            setter(number)
