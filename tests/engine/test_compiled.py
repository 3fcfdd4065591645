"""Kernels are cached where a folder can be written to, and work where none can."""

from __future__ import annotations

import os
import subprocess
import sys

import numba
import pytest

from dcpg_theory.engine import compiled

PROGRAM = """
import numpy as np
from dcpg_theory.engine.softmax_kernel import exponential
values = -np.ones(3)
exponential(values)
print(*exponential.stats.cache_hits.values(), *exponential.stats.cache_misses.values())
"""


def hits_and_misses(folder):
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
    )
    return result.stdout.split()


def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    assert hits_and_misses(tmp_path) == ["1"]
    assert hits_and_misses(tmp_path) == ["1"]
    assert list(tmp_path.rglob("*.nbi"))


def test_without_a_folder_for_the_cache_a_function_is_compiled_all_the_same():
    scope = {}
    exec("def more(x):\n    return x + 1", scope)  # of no file, so there is no folder beside it
    with pytest.raises(RuntimeError, match="no locator available"):
        numba.njit(cache=True)(scope["more"])
    assert compiled.fused(scope["more"])(1) == 2


def test_kernels_of_other_sources_are_not_found(monkeypatch):
    def named(digest):
        monkeypatch.setattr(compiled, "_digest", lambda: digest)
        return compiled.compiled(reused)._cache._impl.filename_base

    assert named("before") != named("after")
    assert named("before") == named("before")
    assert reused.__qualname__ == "reused"


def reused(x):
    return x
