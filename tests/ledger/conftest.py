"""Small claims, made by hand, for the tests of the ledger."""

from __future__ import annotations

import pytest

from dcpg_theory.ledger.claims import Claim, Fault, Kind, Origin, Severity, ingredient
from dcpg_theory.ledger.records import Record
from dcpg_theory.ledger.registry import Registry

TWO_IS_THREE = ingredient("two is three", two=3)


def two_is_even(kernel):
    """Twice one."""
    return kernel.at_instance(kernel.given("two", 2), "=", 1 + 1, {"number": "two"})


def refutes(kernel):
    """Never true."""
    return kernel.at_instance(kernel.given("two", 2) + 1, "=", 2, {"number": "two"})


def _made(id, check=two_is_even, **changes):
    given = {
        "where": "nowhere",
        "statement": "2 = 1 + 1",
        "kind": Kind.IDENTITY,
        "controls": (TWO_IS_THREE,),
    }
    if "parts" in changes:
        check, given["controls"] = None, ()
    return Claim(id=id, check=check, **(given | changes))


@pytest.fixture(scope="session")
def make_claim():
    """(id, check=..., **fields) -> a claim with a check, a control, and what is asked for."""
    return _made


@pytest.fixture(scope="session")
def refuted_check():
    """A check whose evidence is a refutation."""
    return refutes


@pytest.fixture(scope="session")
def slip():
    """A fault of the lightest kind."""
    return Fault(Severity.SLIP, Origin.PAPER, "a sign")


@pytest.fixture(scope="session")
def make_record():
    """(id, verdict, severity=None, **fields) -> a record that says so."""

    def make(id, verdict="proved", severity=None, **changes):
        given = {
            "where": "nowhere",
            "statement": "2 = 1 + 1",
            "kind": "identity",
            "scope": "universal",
            "origin": "paper" if severity else None,
            "mistake": "a sign" if severity else "",
            "method": "by hand",
            "detail": "",
            "witness": {},
            "assumption": "",
            "corrected_by": None,
            "depends": [],
            "controls": {},
        }
        return Record(id=id, verdict=verdict, severity=severity, **(given | changes))

    return make


@pytest.fixture(scope="session")
def make_registry():
    """{id: ids it depends on, or a tuple "parts", ids...} -> a registry of such claims."""

    def make(graph):
        return Registry(
            [
                _made(id, parts=tuple(others[1:]))
                if others[:1] == ("parts",)
                else _made(id, depends=tuple(others))
                for id, others in graph.items()
            ]
        )

    return make
