"""What is measured in processes of its own: start-up, and the memory of a million states."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from dcpg_theory.errors import DcpgTheoryError

__all__ = ["run"]

_START = """
import json, time
begin = time.perf_counter()
from dcpg_theory import run_dcpg
from dcpg_theory.models import example_1, graphs
imported = time.perf_counter()
W = graphs.lazy_metropolis(graphs.complete(2))
run_dcpg(example_1(0.9), W, step_size=0.5, iterations=1000)
done = time.perf_counter()
print(json.dumps({"import": imported - begin, "first_run": done - imported}))
"""

_MILLION = """
import json, resource, time
import numpy as np
from dcpg_theory.engine.benchmarks.instances import grid_problem, ring_weights
from dcpg_theory.engine.paths import make_path

def peak():
    # ru_maxrss outlives exec, so that it may be the parent's; VmHWM is of this program.
    try:
        with open("/proc/self/status") as status:
            return 1024 * int(next(x for x in status if x.startswith("VmHWM")).split()[1])
    except (OSError, StopIteration):
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

problem, W = grid_problem(1000, 1, 0.95), ring_weights(1)
before = peak()
warm = make_path(grid_problem(30, 1, 0.95), 0.0, "krylov")
warm.advance(np.zeros((1, 900, 4)), W, np.ones(3))
begin = time.perf_counter()
path = make_path(problem, 0.0)
made = time.perf_counter()
theta, seconds = np.zeros((1, 10**6, 4)), []
for _ in range(13):
    start = time.perf_counter()
    theta, _ = path.advance(theta, W, np.full(1, 0.5))
    seconds.append(time.perf_counter() - start)
print(json.dumps({
    "path": path.name,
    "make": made - begin,
    "iterations": seconds,
    "bound": path.worst,
    "problem_bytes": before,
    "peak_bytes": peak(),
}))
"""


def run(name: str) -> dict[str, Any]:
    """Run the part ``start`` or ``million``.

    Raises
    ------
    DcpgTheoryError
        If the process fails.
    """
    if name == "million":
        return _process(_MILLION, {})
    with tempfile.TemporaryDirectory() as folder:
        python = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{folder}/python"}
        # The interpreter's own cache is full in both: an installation fills it.
        _process(_START, python | {"NUMBA_CACHE_DIR": f"{folder}/before"})
        variables = python | {"NUMBA_CACHE_DIR": f"{folder}/kernels"}
        cold = _process(_START, variables)
        warm = [_process(_START, variables) for _ in range(5)]
    middle = sorted(warm, key=lambda run: run["import"] + run["first_run"])[2]
    return {"cold": cold, "warm": middle}


def _process(program: str, variables: dict[str, str]) -> dict[str, Any]:
    pinned = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=os.environ | pinned | variables,
        check=False,
    )
    if result.returncode:
        last = result.stderr.strip().splitlines()[-1:] or ["no message"]
        raise DcpgTheoryError(f"a benchmark's process failed: {last[0]}")
    found: dict[str, Any] = json.loads(result.stdout)
    return found
