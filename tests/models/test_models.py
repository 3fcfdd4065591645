from __future__ import annotations

import subprocess
import sys

import pytest

from dcpg_theory import models


def imported_by(statement):
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("name", models.__all__)
def test_every_exported_name_exists(name):
    assert getattr(models, name) is not None
    assert name in dir(models)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = models.nothing


def test_heavy_packages_load_only_when_needed():
    heavy = {"sympy", "z3", "matplotlib", "networkx", "scipy.sparse"}
    use = "from dcpg_theory.models import problem; problem('example-1'); problem('random:1')"
    assert not heavy & imported_by(use)
    assert "networkx" in imported_by("from dcpg_theory.models import graphs")
