"""What the machine allows: its rate of arithmetic and its memory's bandwidth, on one core."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dcpg_theory.engine.blas_threads import one_blas_thread
from dcpg_theory.engine.elimination import plan_elimination
from dcpg_theory.engine.grouping import pattern_of, sparse_transitions
from dcpg_theory.engine.paths import choose_path
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["Floors", "Work", "machine", "measure_floors", "work_of"]


@dataclass(frozen=True, slots=True)
class Floors:
    """Rates of one core.

    Attributes
    ----------
    arithmetic : float
        Floating-point operations a second, in the product of two full matrices.
    bandwidth : float
        Bytes a second, read and written in a = b + c d of arrays that fit in no cache.
    """

    arithmetic: float
    bandwidth: float


def measure_floors(repeats: int = 7) -> Floors:
    """Measure both rates, the best of several repeats."""
    n, m = 1024, 12_500_000
    a = np.random.default_rng(0).random((n, n))
    b, c, d = np.ones(m), np.ones(m), np.empty(m)
    products, triads = [], []
    with one_blas_thread():
        for _ in range(repeats):
            begin = time.perf_counter()
            a @ a
            products.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            np.multiply(c, 3.0, out=d)
            np.add(b, d, out=d)
            triads.append(time.perf_counter() - begin)
    # The two calls read c, write d, read b and d, and write d.
    return Floors(2 * n**3 / min(products), 5 * 8 * m / min(triads))


@dataclass(frozen=True, slots=True)
class Work:
    """What one iteration cannot do without.

    Attributes
    ----------
    operations : int
        Of both assemblies, one elimination and both solves; exponentials and mixing left out.
    data : int
        Bytes: every transition, reward and parameter is read once, and parameters are written.
    """

    operations: int
    data: int

    def seconds(self, floors: Floors) -> tuple[float, float]:
        """Return the least time for the operations, and for the data."""
        return self.operations / floors.arithmetic, self.data / floors.bandwidth


def work_of(problem: MultiTaskProblem) -> Work:
    """Return the work of an iteration on the path the problem takes.

    Of Krylov iterations one product with each system is counted: solutions are checked at least.
    """
    krylov = choose_path(problem) == "krylov"
    operations = data = 0
    known: dict[bytes, int] = {}
    for task in problem.tasks:
        P = sparse_transitions(task)
        n, A, key = task.n_states, task.n_actions, P.indices.tobytes()
        if key not in known:
            pattern = pattern_of(P, A)
            known[key] = 4 * int(pattern.nnz) if krylov else _eliminating(pattern)
        operations += known[key] + 4 * P.nnz + 10 * n * A
        data += 8 * P.nnz + 8 * 3 * n * A
    return Work(operations, data)


def _eliminating(pattern: Any) -> int:
    """Return the operations that solve both systems of a pattern by elimination."""
    n = pattern.shape[0]
    if pattern.nnz > n * n / 2:
        return int(2 * n**3 // 3 + 4 * n * n)
    plan = plan_elimination(pattern)
    return plan.work + 4 * (len(plan.lower) + len(plan.upper))


def machine() -> dict[str, Any]:
    """Return what the machine says of itself, and how busy it is."""
    import numba
    import scipy

    return {
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "numba": numba.__version__,
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        fields: dict[str, str] = {}
        for line in information.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            fields[key.strip()] = value.strip()
        name, model = fields.get("model name"), fields.get("model")
        if name:
            return f"{name} (family {fields.get('cpu family')}, model {model})"
    return platform.processor() or platform.machine()
