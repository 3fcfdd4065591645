"""Hypothesis profiles, and the fixtures that find what lies outside the installed packages."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import threading
from pathlib import Path
from types import ModuleType

import pytest
from fake_installer import FakeInstaller
from hypothesis import settings

ABOVE_TESTS = Path(__file__).resolve().parents[1]

# Limits are counts, never seconds: a slow machine must not change a result.
settings.register_profile("dev", max_examples=60, deadline=None)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=5000, deadline=None)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)

# A shell that runs the tests in the background has them ignore Ctrl-C, and with them the programs
# that they start and interrupt.
if (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def repository_root() -> Path:
    """The source tree; its tests skip where only the installed packages are."""
    if not (ABOVE_TESTS / "run.py").is_file():
        pytest.skip("needs the source tree, and these tests run without it")
    return ABOVE_TESTS


@pytest.fixture(scope="session")
def paper_path() -> Path:
    """The extracted text of the paper that statements are quoted from, by line."""
    named = os.environ.get("DCPG_PAPER")
    if named is not None and not Path(named).is_file():
        pytest.fail(f"DCPG_PAPER={named} is not a file")
    path = Path(named) if named else ABOVE_TESTS.parent / "shared" / "paper.txt"
    if not path.is_file():
        pytest.skip("the text of the paper is not at hand; DCPG_PAPER can say where it is")
    return path


@pytest.fixture
def run(repository_root: Path, tmp_path: Path) -> ModuleType:
    """run.py, imported from a project of its own whose path has a space."""
    project = tmp_path / "a project"
    project.mkdir()
    shutil.copy(repository_root / "run.py", project)
    (project / "requirements.lock").write_text("something==1\n")
    (project / "pyproject.toml").write_text("[project]\n")
    spec = importlib.util.spec_from_file_location("run_under_test", project / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installer(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FakeInstaller:
    fake = FakeInstaller(run)
    monkeypatch.setattr(run.subprocess, "call", fake)
    monkeypatch.setattr(run, "has_module", lambda _: True)
    return fake
