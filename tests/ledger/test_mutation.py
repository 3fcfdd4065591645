from __future__ import annotations

import pytest

from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger.claims import Claim, Kind, misprint
from dcpg_theory.ledger.mutation import HOLDS_TOO, UNREAD, mutants, mutate

(gamma,) = symbols("gamma")
BOX = Box(gamma=open_interval(0, 1))


def reads_everything(kernel):
    left, right = (parse(side, {r"\gamma": gamma}) for side in kernel.statement.split("="))
    return kernel.identity(left, right, BOX)


def reads_the_right_side(kernel):
    return kernel.identity(parse(kernel.statement.split("=")[1], {r"\gamma": gamma}), gamma, BOX)


def claim(check, statement):
    return Claim(
        id="test", where="here", statement=statement, kind=Kind.IDENTITY, check=check,
        controls=(misprint("1", "3"),),
    )  # fmt: skip


def test_mutants_are_different_from_the_statement_and_from_each_other() -> None:
    statement = r"\frac{1}{1 - \gamma_i^2} + 2 \leq x_i"
    changed = [mutant.statement for mutant in mutants(statement)]
    assert len(set(changed)) == len(changed)
    assert statement.replace(" ", "") not in changed
    assert any(r"\geq" in text for text in changed)
    assert any(r"\gamma_j" in text for text in changed)
    assert any("^3" in text for text in changed)


def test_a_check_that_reads_everything_notices_every_mutant() -> None:
    record = mutate(claim(reads_everything, r"\gamma + 1 = 1 + \gamma"))
    assert record is not None
    assert record.tried == 5
    assert record.survivors == ()


def test_the_side_that_a_check_does_not_read_survives() -> None:
    record = mutate(claim(reads_the_right_side, r"1 + 2 = \gamma"))
    assert record is not None
    assert len(record.survivors) == 3
    assert {survivor.why for survivor in record.survivors} == {UNREAD}


def bounds_from_above(kernel):
    right = parse(kernel.statement.split(r"\leq")[1], {r"\gamma": gamma})
    return kernel.sign(gamma, "<=", right, BOX)


def test_a_weaker_bound_that_the_check_has_read_holds_too() -> None:
    record = mutate(claim(bounds_from_above, r"\gamma \leq 1"))
    assert record is not None
    assert [(one.what, one.why) for one in record.survivors] == [
        (r"doubled: \gamma\leq[1]", HOLDS_TOO)
    ]


@pytest.mark.parametrize(
    "words",
    [
        "a multi-task problem",
        "Assumption 2 holds for RL",
        "the objective (5)",
        r"Lemma B.4 and [Olshevsky, 2014]",
        r"L^\lambda",
        r"\xi_{\alpha,\lambda}(\theta)",
        r"\text{RE}(\pi)",
    ],
)
def test_words_and_labels_are_no_formula(words) -> None:
    changed = [m.what for m in mutants(words)]
    assert [what for what in changed if not what.startswith("exchanged: [L]")] == []


def test_a_dropped_factor_takes_its_exponent_along() -> None:
    dropped = [m.statement for m in mutants(r"2\gamma^2 x") if m.what.startswith("dropped")]
    assert dropped == ["2x"]


def test_a_claim_that_does_not_pass_is_not_mutated() -> None:
    assert mutate(claim(reads_everything, r"\gamma = 1 + \gamma")) is None
