"""The locks: what pyproject.toml asks for, with hashes, and no addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

NAME = re.compile(r"[A-Za-z0-9._-]+")


LOCKS = ("requirements.lock", "requirements-drone.lock")


@pytest.fixture(scope="module", params=LOCKS)
def lock(repository_root: Path, request: pytest.FixtureRequest) -> str:
    """Return the text of a lock."""
    return (repository_root / str(request.param)).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def locked(lock: str) -> dict[str, str]:
    """Return package name -> its entry in the lock, hashes included."""
    return entries_of(lock)


def entries_of(text: str) -> dict[str, str]:
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    return {entry.partition("==")[0]: entry for entry in entries}


def test_every_requirement_is_locked(repository_root: Path, locked: dict[str, str]) -> None:
    configuration = tomllib.loads((repository_root / "pyproject.toml").read_text(encoding="utf-8"))
    asked = configuration["project"]["dependencies"] + configuration["dependency-groups"]["dev"]
    names = {name[0].lower() for requirement in asked if (name := NAME.match(requirement))}
    assert names - locked.keys() == set()


def test_every_entry_has_a_version_and_hashes(locked: dict[str, str]) -> None:
    entry_form = re.compile(r"\S+==\S+( ; [^\\]+)?( \\\n +--hash=sha256:[0-9a-f]{64})+\n")
    assert [name for name, entry in locked.items() if not entry_form.fullmatch(entry)] == []


def test_lock_holds_no_address(lock: str) -> None:
    assert re.findall(r"https?://|--index-url|--find-links", lock) == []


def test_the_drones_lock_holds_to_the_other_one(repository_root: Path) -> None:
    base, drone = (
        entries_of((repository_root / name).read_text(encoding="utf-8")) for name in LOCKS
    )
    assert {name: drone.get(name) for name in base} == base
    configuration = tomllib.loads((repository_root / "pyproject.toml").read_text(encoding="utf-8"))
    asked = configuration["project"]["optional-dependencies"]["drone"]
    names = {name[0].lower() for requirement in asked if (name := NAME.match(requirement))}
    assert names - drone.keys() == set()
