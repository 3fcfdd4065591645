"""LAPACK runs on one thread inside the engine, and on as many as before outside."""

from __future__ import annotations

import ctypes

import pytest
from numpy.linalg import _umath_linalg
from scipy.linalg import cython_lapack

from dcpg_theory.engine import blas_threads
from dcpg_theory.engine.blas_threads import one_blas_thread


@pytest.fixture(params=[cython_lapack, _umath_linalg], ids=["scipy", "numpy"])
def count(request):
    """How many threads the BLAS behind a package would use."""
    library = ctypes.CDLL(request.param.__file__)
    for name in ("scipy_openblas_get_num_threads", "scipy_openblas_get_num_threads64_"):
        if hasattr(library, name):
            return getattr(library, name)
    return pytest.skip("the BLAS is no OpenBLAS that says how many threads it uses")


def test_there_is_one_thread_inside_and_as_many_as_before_outside(count):
    before = count()
    with one_blas_thread():
        assert count() == 1
        with one_blas_thread():
            assert count() == 1
        assert count() == 1
    assert count() == before


def test_an_error_inside_leaves_as_many_as_before(count):
    before = count()
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        raise ZeroDivisionError
    assert count() == before


def test_a_blas_that_cannot_be_told_is_left_alone(monkeypatch):
    monkeypatch.setattr(blas_threads, "_setters", tuple)
    with one_blas_thread():
        pass
