"""Chains as a person would write them, on the chain of Lemma B.2."""

from __future__ import annotations

import pytest

from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import load_registry
from dcpg_theory.ledger.chain_text import chain_lines, scalar_text

alpha, sigma_2, D = symbols("alpha", "sigma_2", "D")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (alpha * D / (1 - sigma_2), "D α/(1 − σ_2)"),
        (-alpha / 2, "−α/2"),
        ((alpha - 1) / (2 * alpha), "(α − 1)/(2 α)"),
        (alpha**2 - alpha, "α² − α"),
        (alpha - alpha, "0"),
        (alpha / alpha, "1"),
    ],
)
def test_a_scalar_has_whole_coefficients_and_no_sign_in_front_below(value, shown):
    assert scalar_text(value) == shown


@pytest.fixture(scope="module")
def lemma_b2():
    member = load_registry()["lemma-b2"]
    evidence = member(Kernel(member.statement))
    return list(chain_lines(evidence.certificates[0].chain))


def test_lines_are_numbered_in_the_order_of_the_chain(lemma_b2):
    assert [line.split()[0] for line in lemma_b2] == [f"({k + 1})" for k in range(len(lemma_b2))]


def test_hypotheses_say_what_is_given_and_why(lemma_b2):
    assert "(11) Given: ‖g[k]‖ ≤ D  [Lemma B.1]" in lemma_b2


def test_a_use_of_a_rule_says_from_which_lines(lemma_b2):
    assert "(21) By contraction from (16), (20): ‖e[k]‖ ≤ D α/(1 − σ_2)" in lemma_b2


def test_a_link_says_which_multiples_of_lines_add_up_to_it(lemma_b2):
    (line,) = (line for line in lemma_b2 if line.startswith("(16)"))
    assert line.startswith("(16) So ‖e[k+1]‖ ≤ D α + σ_2 ‖e[k]‖")
    assert line.endswith("by (13) + (14) + (9) + (15) + α (10) + α (11)")
