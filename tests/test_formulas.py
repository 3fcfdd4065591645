from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from dcpg_theory.formulas import Segment, as_html, mathml, segments, words
from dcpg_theory.ledger import load_registry


def test_dollars_cut_prose_from_formulas():
    assert segments(r"if $\sigma_2 < 1$ then") == [
        Segment(False, "if "),
        Segment(True, r"\sigma_2 < 1"),
        Segment(False, " then"),
    ]


def test_a_quotation_may_begin_inside_a_formula():
    assert segments(r"\sigma_2 < 1$ when $\alpha > 0") == [
        Segment(True, r"\sigma_2 < 1"),
        Segment(False, " when "),
        Segment(True, r"\alpha > 0"),
    ]


def test_a_sentence_may_end_with_a_formula_without_dollars():
    assert segments(r"for any mu we have \frac{a}{b} = 1") == [
        Segment(False, "for any mu we have "),
        Segment(True, r"\frac{a}{b} = 1"),
    ]
    assert segments("for any mu we have V(\\theta; \\mu) = 1")[1].text == r"V(\theta; \mu) = 1"


def test_words_of_prose_may_be_formulas():
    assert segments(r"on the graph \mathcal{G} , we put weights for state (S_1), at random") == [
        Segment(False, "on the graph "),
        Segment(True, r"\mathcal{G}"),
        Segment(False, " , we put weights for state "),
        Segment(True, "(S_1)"),
        Segment(False, ", at random"),
    ]
    assert segments(r"\max_{i, s} d_i(s)/d_j is more than nine times as large")[0] == Segment(
        True, r"\max_{i, s} d_i(s)/d_j"
    )


def test_prose_inside_a_formula_does_not_make_it_prose():
    assert segments(r"\gamma < 1 \text{ for all } p > 0")[0].is_formula


def test_of_our_words_only_latex_is_a_formula():
    assert words("lambda^2/N <= mu_i, not 1") == [Segment(False, "lambda^2/N <= mu_i, not 1")]
    assert words(r"grows in |\mathcal{S}| alone, for every step") == [
        Segment(False, "grows in "),
        Segment(True, r"|\mathcal{S}|"),
        Segment(False, " alone, for every step"),
    ]


def test_half_an_opened_bracket_is_a_formula_and_a_matrix_keeps_its_rows():
    assert mathml(r"\left( x").startswith("<math")
    assert mathml(r"\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}").count("<mtr>") == 2


def test_without_dollars_a_statement_is_one_or_the_other():
    assert segments("relative entropy is non-negative")[0].is_formula is False
    assert segments(r"\frac{8\lambda^2}{N}")[0].is_formula is True


def test_prose_is_escaped():
    assert as_html("a < b, as everybody knows") == "a &lt; b, as everybody knows"


@pytest.mark.parametrize("piece", [r"\frac{1}{2", "x}"])
def test_a_piece_of_a_formula_stays_as_printed(piece):
    assert mathml(piece).startswith("<code>")


def test_a_formula_keeps_its_source():
    assert 'alttext="\\frac{1}{N}"' in mathml(r"\frac{1}{N}")


def test_every_statement_of_the_paper_becomes_well_formed_markup():
    for member in load_registry().values():
        ET.fromstring(f"<p>{as_html(member.statement).replace('&nbsp;', ' ')}</p>")


def test_a_greek_letter_of_prose_gets_its_name_in_latex():
    assert segments("assigns for θ_j^k, a weight at random")[1] == Segment(True, r"\theta_j^k")
    assert segments("the gradient of L_i^λ can be computed")[1] == Segment(True, r"L_i^\lambda")
