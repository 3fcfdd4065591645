"""The pytest plugin: tests that are tied to claims, and a report of what they found.

Loaded by pytest through the entry point ``pytest11`` in every project whose environment has this
package, so it imports nothing but pytest until a test uses it, and prints nothing otherwise.

``@pytest.mark.claim("lemma-b5")`` ties a test to one claim or several; an unknown id is an error.
A test that takes the fixture ``dcpg_claim`` runs once for each claim of the registry, or for those
that ``@pytest.mark.claims("eq-1*")`` selects. ``--claims GLOB`` runs only the tests tied to claims
that match, ``--claims-report FILE`` writes what they found as JSON.
"""

from __future__ import annotations

import fnmatch
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dcpg_theory.ledger.claims import Claim
    from dcpg_theory.ledger.registry import Registry

__all__: list[str] = []

_FIXTURE = "dcpg_claim"
_PROPERTY = "dcpg_claim"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, in a group of their own."""
    group = parser.getgroup("dcpg", "claims of dcpg_theory")
    group.addoption(
        "--claims",
        metavar="GLOB",
        action="append",
        help="run only the tests that are tied to claims whose id matches; may be repeated",
    )
    group.addoption(
        "--claims-report",
        metavar="FILE",
        help="write which tests are tied to which claims, and how they ended, as JSON",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and listen for reports where the summary is printed."""
    config.addinivalue_line("markers", "claim(*ids): ties the test to claims of the ledger")
    config.addinivalue_line(
        "markers", f"claims(*globs): which claims the fixture {_FIXTURE} runs through"
    )
    config.pluginmanager.register(_Reporter(config), "dcpg-claims-reporter")


@pytest.fixture
def dcpg_claim(request: pytest.FixtureRequest) -> Claim:
    """One claim after another: of the whole registry, or of the marker ``claims``."""
    claim: Claim = _registry(request.config)[request.param]
    return claim


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes the fixture once for each chosen claim."""
    if _FIXTURE not in metafunc.fixturenames:
        return
    globs = [g for mark in metafunc.definition.iter_markers("claims") for g in mark.args]
    ids = _chosen(metafunc.config, globs)
    metafunc.parametrize(_FIXTURE, ids, indirect=True, ids=ids)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that are tied to the claims asked for."""
    globs: list[str] | None = config.getoption("--claims")
    if not globs:
        return
    kept = [item for item in items if _matches(item, globs)]
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Check the ids that a test names, and note them where a report carries them along."""
    ids = _claims_of(item)
    if not ids:
        return
    registry = _registry(item.config)
    for id in ids:
        if id not in registry:
            _fail_unknown(registry, id)
        item.user_properties.append((_PROPERTY, id))


def _claims_of(item: pytest.Item) -> list[str]:
    marked = [str(id) for mark in item.iter_markers("claim") for id in mark.args]
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return marked + ([str(parameters[_FIXTURE])] if _FIXTURE in parameters else [])


def _matches(item: pytest.Item, globs: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(id, glob) for id in _claims_of(item) for glob in globs)


def _chosen(config: pytest.Config, globs: list[str]) -> list[str]:
    from dcpg_theory.errors import InvalidInput

    try:
        return _registry(config).select(globs)
    except InvalidInput as error:
        raise pytest.UsageError(str(error)) from error


def _fail_unknown(registry: Registry, id: str) -> None:
    from dcpg_theory.ledger.registry import UnknownClaim

    try:
        registry[id]
    except UnknownClaim as error:
        message = str(error)
    pytest.fail(message, pytrace=False)


_KEY: pytest.StashKey[Any] = pytest.StashKey()


def _registry(config: pytest.Config) -> Registry:
    """Return the claims of all installed packages, loaded once."""
    if _KEY not in config.stash:
        from dcpg_theory.ledger.registry import load_registry

        config.stash[_KEY] = load_registry()
    registry: Registry = config.stash[_KEY]
    return registry


class _Reporter:
    """Collects how the tests of each claim ended; under xdist, where the reports arrive."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.outcomes: dict[str, dict[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, id in report.user_properties:
            if name == _PROPERTY:
                before = self.outcomes.setdefault(str(id), {}).get(report.nodeid, "passed")
                self.outcomes[str(id)][report.nodeid] = _worse(before, report.outcome)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        target = self.config.getoption("--claims-report")
        if not self.outcomes and not target:
            return
        recorded = self._recorded()
        if self.outcomes:
            terminalreporter.section("claims")
            verdicts = Counter(recorded.get(id, "not recorded") for id in self.outcomes)
            tests = Counter(outcome for of in self.outcomes.values() for outcome in of.values())
            terminalreporter.write_line(
                f"{len(self.outcomes)} claims ({_listed(verdicts)}); their tests: {_listed(tests)}"
            )
            for id, of in self.outcomes.items():
                if "failed" in of.values():
                    terminalreporter.write_line(f"  {id} ({recorded.get(id)}): a test failed")
        if target:
            self._write(Path(target), recorded)
            terminalreporter.write_line(f"claims report written to {target}")

    def _recorded(self) -> dict[str, str]:
        from dcpg_theory.ledger.recorded import read_recorded

        return {id: str(entry["verdict"]) for id, entry in read_recorded().items()}

    def _write(self, target: Path, recorded: dict[str, str]) -> None:
        entries = [
            {"id": id, "verdict": recorded.get(id), "tests": self.outcomes[id]}
            for id in sorted(self.outcomes)
        ]
        try:
            text = json.dumps({"claims": entries}, indent=1, ensure_ascii=False)
            target.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise pytest.UsageError(f"{target} cannot be written: {error.strerror}") from error


def _worse(one: str, other: str) -> str:
    order = ("passed", "skipped", "failed")
    return max(one, other, key=order.index)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
