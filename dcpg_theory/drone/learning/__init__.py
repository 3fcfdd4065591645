"""Policies that are networks, and how they learn: Algorithm 1 with estimated gradients.

JAX reads its flags when it is first used. One thread a process makes results repeat to the last
bit; the other cores are for other runs, see ``--jobs``.
"""

from __future__ import annotations

import os

_ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

if _ONE_THREAD not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_ONE_THREAD}".strip()
