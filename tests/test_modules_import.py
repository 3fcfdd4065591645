"""Every module can be imported; those of an extra may lack its packages, and nothing else.

pytest passes over modules that cannot be imported when it collects doctests, because of the extras;
this is what keeps that from hiding a mistake.
"""

from __future__ import annotations

import importlib
import pkgutil

import dcpg_theory
import proofs_check

EXTRAS = {"cosysairsim", "jax", "mpi4py", "msgpack", "mujoco", "optax"}


def test_modules_import_but_for_the_packages_of_extras() -> None:
    broken = {}
    for package in (dcpg_theory, proofs_check):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.endswith("__main__"):
                continue
            try:
                importlib.import_module(found.name)
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] not in EXTRAS:
                    broken[found.name] = str(error)
    assert broken == {}
