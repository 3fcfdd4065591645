"""Every bound names claims of the ledger, and those that stand behind it have the right verdict."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import proofs_check
from dcpg_theory import bounds
from dcpg_theory.bounds import optimality, statements, stationarity
from dcpg_theory.bounds.statements import Statement
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from proofs_check.instances.small_tasks import bandit


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


@pytest.mark.parametrize(("gammas", "consensus"), [([0.5], False), ([0.5, 0.75], True)])
def test_gradient_tracking_names_its_own_rate_only_where_agents_can_differ(gammas, consensus):
    """One agent climbs with steps up to 1/b, of which gradient-tracking-rate does not speak."""
    sizes, spectrum = bounds.sizes(gammas, 3, 2), bounds.ring(len(gammas), "metropolis")
    first = bounds.theorem_1(
        sizes, spectrum, regularization=0.1, iterations=10, statement="gradient-tracking"
    )
    second = bounds.theorem_2(
        sizes, spectrum, accuracy=0.1, mismatch=4, statement="gradient-tracking"
    )
    for found, sharp in ((first, "theorem-1-sharp"), (second, "theorem-2-sharp")):
        assert ("gradient-tracking-rate" in found.claims) == consensus
        assert (sharp in found.claims) != consensus
    assert "prop-1-sharp" in second.claims


def test_equal_tasks_count_as_one_where_the_problem_is_given():
    problem = MultiTaskProblem([bandit(Fraction(1, 2))] * 3)
    found = bounds.theorem_1(
        problem, bounds.ring(3, "metropolis"), regularization=0.1, iterations=10,
        statement="gradient-tracking",
    )  # fmt: skip
    assert "theorem-1-sharp" in found.claims
    assert "gradient-tracking-rate" not in found.claims


@pytest.mark.parametrize("statement", Statement)
def test_formulas_are_latex_with_closed_braces(statement):
    for module in (stationarity, optimality):
        formula = module.FORMULAS.get(statement, "")
        assert formula.count("{") == formula.count("}")
        assert formula.count(r"\left") == formula.count(r"\right")
