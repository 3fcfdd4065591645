"""The house: imports go downward only, modules stay small, the top level stays as it is."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

# From the ground up: a part imports from itself and from earlier lines, never from its neighbours.
FLOORS = (
    ("errors",),
    ("formulas",),
    ("plain_formulas",),
    ("notebook",),
    ("exact",),
    ("models",),
    ("theory",),
    ("engine",),
    ("strategies",),
    ("bounds",),
    ("testing",),
    ("ledger",),
    ("search",),
    ("gridworld", "drone"),
    ("report",),
    ("cli",),
    ("__main__", "pytest_plugin"),
)
FLOOR_OF = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}
ROOF = len(FLOORS)
TOP_LEVEL_FOLDERS = {"changelog.d", "dcpg_theory", "docs", "proofs_check", "tests"}
MADE_BY_TOOLS = {"__pycache__", "build", "dist"}
HEAVY = {
    "flint",
    "gymnasium",
    "hypothesis",
    "jax",
    "mujoco",
    "matplotlib",
    "networkx",
    "numpy",
    "scipy",
    "sympy",
    "z3",
}
LONGEST_MODULE = 500


def package_modules() -> dict[str, Path]:
    """Return dotted name -> file for all modules of both packages, wherever they are installed."""
    found = {}
    for package in ("dcpg_theory", "proofs_check"):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        for path in sorted(folder.rglob("*.py")):
            name = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


MODULES = package_modules()


def imported_names(source: str, module: str, *, is_package: bool) -> list[str]:
    """Return the dotted names that a module imports, at its top or inside a function."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            here = module.split(".")
            anchor = here[: len(here) - node.level + is_package] if node.level else []
            stem = anchor + ([node.module] if node.module else [])
            names += [".".join([*stem, alias.name]) for alias in node.names]
    return names


def package_and_part(name: str) -> tuple[str, str]:
    """Split ``dcpg_theory.exact.kernel`` into ``dcpg_theory`` and ``exact``."""
    package, part, *_ = [*name.split("."), ""]
    return package, part


def upward_imports(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """Return the imports of a module that the house forbids."""
    package, part = package_and_part(module)
    inside = package == "dcpg_theory"
    ceiling = FLOOR_OF.get(part, ROOF + 1) if inside else FLOOR_OF["report"]
    wrong = []
    for name in imported_names(source, module, is_package=is_package):
        target_package, target = package_and_part(name)
        if target_package == "dcpg_theory" and not (inside and target == part):
            # Inside, the shortcuts of the package itself would hide which part is meant.
            floor = FLOOR_OF.get(target, ROOF if inside and not target.startswith("__") else -1)
            if floor >= ceiling:
                wrong.append(name)
        elif target_package == "proofs_check" and inside:
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_downward(module: str) -> None:
    path = MODULES[module]
    source = path.read_text(encoding="utf-8")
    assert upward_imports(source, module, is_package=path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("dcpg_theory.exact.kernel", "from dcpg_theory.models import FiniteMDP"),
        ("dcpg_theory.exact.kernel", "from dcpg_theory import FiniteMDP"),
        ("dcpg_theory.exact.kernel", "import dcpg_theory"),
        ("dcpg_theory.exact.kernel", "from ..cli import main"),
        ("dcpg_theory.exact.kernel", "def late():\n    import dcpg_theory.ledger"),
        ("dcpg_theory.theory.value", "import dcpg_theory.engine.reference as fast"),
        ("dcpg_theory.gridworld", "from dcpg_theory import drone"),
        ("dcpg_theory.ledger", "import proofs_check.appendix_a"),
        ("proofs_check.section_2", "from dcpg_theory.report import plots"),
    ],
)
def test_upward_import_is_found(module: str, source: str) -> None:
    assert len(upward_imports(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("dcpg_theory.models.problem", "from dcpg_theory.exact import kernel"),
        ("dcpg_theory.models.problem", "from .finite_mdp import FiniteMDP"),
        ("dcpg_theory.models.problem", "from ..errors import InvalidInput"),
        ("dcpg_theory.cli.audit", "from dcpg_theory import __version__, ledger"),
        ("dcpg_theory", "from dcpg_theory.models import FiniteMDP"),
        ("proofs_check.section_2", "from dcpg_theory import FiniteMDP, theory"),
        ("proofs_check.section_2", "from dcpg_theory.ledger import claim"),
    ],
)
def test_downward_import_is_allowed(module: str, source: str) -> None:
    assert upward_imports(source, module) == []


def test_relative_import_counts_from_the_package() -> None:
    source = "from . import rationals\nfrom ..cli import main"
    names = imported_names(source, "dcpg_theory.exact", is_package=True)
    assert names == ["dcpg_theory.exact.rationals", "dcpg_theory.cli.main"]


def test_every_part_has_a_floor() -> None:
    parts = {package_and_part(name)[1] for name in MODULES if name.startswith("dcpg_theory.")}
    assert parts <= FLOOR_OF.keys()


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [name for name in MODULES if name.rpartition(".")[2] in {"utils", "helpers"}] == []


def test_no_module_is_too_long() -> None:
    files = [*MODULES.values(), *Path(__file__).parent.rglob("*.py")]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_top_level_folders_are_the_agreed_ones(repository_root: Path) -> None:
    folders = {path.name for path in repository_root.iterdir() if path.is_dir()}
    unhidden = {name for name in folders if not name.startswith(".")}
    assert unhidden - TOP_LEVEL_FOLDERS - MADE_BY_TOOLS == set()


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = "import sys, dcpg_theory; print(*{name.partition('.')[0] for name in sys.modules})"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(result.stdout.split())
    assert "dcpg_theory" in loaded
    assert loaded & HEAVY == set()
