"""Every bound names claims of the ledger, and those that stand behind it have the right verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import proofs_check
from dcpg_theory.bounds import optimality, statements, stationarity
from dcpg_theory.bounds.statements import Statement


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    file = Path(proofs_check.__file__).with_name("ledger.json")
    claims = json.loads(file.read_text(encoding="utf-8"))["claims"]
    return {claim["id"]: claim["verdict"] for claim in claims}


def named(statement):
    return {*statements.THEOREM_1_CLAIMS[statement], *optimality.CLAIMS[statement]}


def test_claims_are_in_the_ledger(verdicts):
    every = set().union(*(named(statement) for statement in Statement)) | {"prop-1", "prop-1-sharp"}
    assert every <= verdicts.keys()


def test_the_printed_theorems_are_refuted_and_nothing_true_stands_on_a_refuted_claim(verdicts):
    for claim in ("theorem-1", "theorem-2", "eq-11", "eq-14"):
        assert claim in named(Statement.PRINTED)
        assert verdicts[claim] == "refuted"
    for statement in set(Statement) - {Statement.PRINTED}:
        assert [claim for claim in named(statement) if verdicts.get(claim) == "refuted"] == []


@pytest.mark.parametrize("statement", Statement)
def test_formulas_are_latex_with_closed_braces(statement):
    for module in (stationarity, optimality):
        formula = module.FORMULAS.get(statement, "")
        assert formula.count("{") == formula.count("}")
        assert formula.count(r"\left") == formula.count(r"\right")
