from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree as ET
from fractions import Fraction

import flint
import pytest

from dcpg_theory import bounds, run_dcpg
from dcpg_theory.ledger import load_registry
from dcpg_theory.models import FiniteMDP, MultiTaskProblem, example_2, graphs
from dcpg_theory.notebook import LONGEST, Card, as_printed, formula, number, text


def shown_objects():
    problem = example_2(Fraction(9, 10), Fraction(3, 4))
    mixing = graphs.lazy_metropolis(graphs.complete(2))
    claims = load_registry()
    return [
        problem,
        problem.tasks[0],
        mixing,
        run_dcpg(problem.to_float(), mixing, step_size=0.1, iterations=3),
        bounds.theorem_1(problem, mixing, regularization=Fraction(1, 10), iterations=100),
        *(claims[id] for id in ("theorem-1", "eq-10", "lemma-b5", "assumption-2")),
    ]


@pytest.fixture(scope="module", params=range(9), ids=lambda k: f"object-{k}")
def shown(request):
    return shown_objects()[request.param]


def test_cards_are_well_formed_small_and_need_no_network(shown):
    card = shown._repr_html_()
    table = ET.fromstring(card.replace("&nbsp;", " "))
    assert table.tag == "table"
    assert table.find("caption").text
    assert len(table.findall("tbody/tr")) >= 3
    assert len(card) < 20_000
    assert "http" not in card.replace("http://www.w3.org/1998/Math/MathML", "")
    assert "<script" not in card


def test_latex_cards_are_one_balanced_formula(shown):
    card = shown._repr_latex_()
    assert card.startswith("$")
    assert card.endswith("$")
    unescaped = card.replace("\\{", "").replace("\\}", "")
    assert unescaped.count("{") == unescaped.count("}")
    assert unescaped.count("\\begin") == unescaped.count("\\end")


def test_plain_latex_typesets_the_cards(tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("there is no pdflatex")
    page = "\n\n".join(f"\\noindent {found._repr_latex_()}" for found in shown_objects())
    (tmp_path / "cards.tex").write_text(
        "\\documentclass{article}\\usepackage{amsmath,amssymb}"
        f"\\begin{{document}}\n{page}\n\\end{{document}}",
        encoding="utf-8",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "cards.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_everything_that_is_no_formula_is_escaped():
    card = Card("<b>", (("<i>&", text("<script>alert(1)</script>")), ("x", formula("a<b"))))
    assert "<script" not in card.as_html()
    assert "<b>" not in card.as_html()
    assert "<i>" not in card.as_html()
    assert "&lt;script&gt;" in card.as_html()
    assert r"100\% of \_x\{\}" in Card("t", (("n", text("100% of _x{}")),)).as_latex()


def test_labels_of_states_cannot_inject():
    mdp = FiniteMDP([[[1]]], [[0]], 0.5, [1], states=["<img src=x onerror=alert(1)>"])
    assert "<img" not in mdp._repr_html_()
    assert "<img" not in MultiTaskProblem([mdp])._repr_html_()


def test_long_texts_are_cut():
    assert len(text("x" * 5000)[0].text) == LONGEST


def test_many_tasks_are_counted_not_listed():
    mdp = FiniteMDP([[[1]]], [[0]], 0.5, [1])
    assert "94 more tasks" in MultiTaskProblem([mdp] * 100)._repr_html_()


def test_formulas_in_statements_are_mathml():
    assert "<math" in Card("t", (("s", as_printed(r"if $x \le 1$ then")),)).as_html()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (flint.fmpq(2, 3), "0.6667"),
        (flint.arb(2).sqrt(), "1.414"),
        (None, "none"),
        (flint.fmpq(10) ** 400, str(10**400)),
        (12, "12"),
    ],
)
def test_numbers_are_short(value, shown):
    assert number(value) == shown
