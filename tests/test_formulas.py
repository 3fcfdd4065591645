from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from dcpg_theory.formulas import Segment, as_html, mathml, segments
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
    assert segments(r"on the graph \mathcal{G} we put weights")[0].is_formula is False


def test_without_dollars_a_statement_is_one_or_the_other():
    assert segments("relative entropy is non-negative")[0].is_formula is False
    assert segments(r"\frac{8\lambda^2}{N}")[0].is_formula is True


def test_prose_is_escaped():
    assert as_html("a < b, as everybody knows") == "a &lt; b, as everybody knows"


@pytest.mark.parametrize("piece", [r"\frac{1}{2", r"\left( x", "x}"])
def test_a_piece_of_a_formula_stays_as_printed(piece):
    assert mathml(piece).startswith("<code>")


def test_a_formula_keeps_its_source():
    assert 'alttext="\\frac{1}{N}"' in mathml(r"\frac{1}{N}")


def test_every_statement_of_the_paper_becomes_well_formed_markup():
    for member in load_registry().values():
        ET.fromstring(f"<p>{as_html(member.statement).replace('&nbsp;', ' ')}</p>")
