"""Statements are quoted: each stands on the lines of the paper's text that it names."""

from __future__ import annotations

import hashlib

import pytest

import proofs_check
from dcpg_theory.exact.latex import normalized
from dcpg_theory.ledger import load_registry

REGISTRY = load_registry()
QUOTED = [id for id, member in REGISTRY.items() if member.lines is not None]
LETTERS = {"π": r"\pi ", "ρ": r"\rho ", "θ": r"\theta ", "γ": r"\gamma "}
CHAPTERS = ((46, 127), (372, 498))  # Section 2, Appendix A
OURS = ("-corrected", "-sharp", "-runs", "tracking-rate")


def folded(text):
    r"""Return text without what only lays it out: spacing, ``&`` and line breaks of displays."""
    for letter, command in LETTERS.items():
        text = text.replace(letter, command)
    return normalized(text).replace("&", "").replace(r"\\", "")


@pytest.fixture(scope="module")
def lines(paper_path):
    return ["", *paper_path.read_text(encoding="utf-8").split("\n")]


def test_the_text_at_hand_is_the_one_quoted_from(paper_path):
    assert hashlib.sha256(paper_path.read_bytes()).hexdigest() == proofs_check.PAPER_SHA256


@pytest.mark.parametrize("id", QUOTED)
def test_a_statement_stands_on_its_lines(id, lines):
    first, last = REGISTRY[id].lines
    assert folded(REGISTRY[id].statement) in folded("\n".join(lines[first : last + 1]))


def test_only_our_own_statements_are_not_quoted():
    """Corrected and sharper forms are ours, and aggregates may be named in our words."""
    ours = {id for id, member in REGISTRY.items() if member.lines is None}
    assert {id for id in ours if not id.endswith(OURS) and not REGISTRY[id].parts} == set()
    assert not {id for id in QUOTED if id.endswith(OURS)}


def test_every_display_of_the_chapters_is_in_the_ledger(lines):
    """Some claim quotes each display; that it is quoted whole is for a reader to see."""
    quoted = {
        line for id in QUOTED for line in range(REGISTRY[id].lines[0], REGISTRY[id].lines[1] + 1)
    }
    displays = {
        k for first, last in CHAPTERS for k in range(first, last + 1) if lines[k].startswith("$$")
    }
    assert len(displays) > 35
    assert displays <= quoted


@pytest.mark.parametrize("number", [*range(1, 6), *range(15, 21)])
def test_every_numbered_display_has_its_id(number, lines):
    """The number stands in brackets at the end of the line that the claim, or a part, quotes."""
    member = REGISTRY[f"eq-{number}"]
    quoting = [REGISTRY[part] for part in member.parts] or [member]
    # (2) is printed on two lines, of which the second has the number.
    assert any(lines[quote.lines[1]].rstrip("$ ").endswith(f"({number})") for quote in quoting)
