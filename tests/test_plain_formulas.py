from __future__ import annotations

import pytest
from shown_text import LATEX

from dcpg_theory.ledger import load_registry
from dcpg_theory.plain_formulas import plain, plain_formula, plain_words


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\frac{8\lambda^2}{N}", "8λ²/N"),
        (r"\frac{2}{N} \left(\frac{\lambda}{1-\gamma} + \lambda\right)^2", "2/N (λ/(1 − γ) + λ)²"),
        (r"\frac{1}{K\alpha}", "1/(Kα)"),
        (r"\min_{k < K} \left\| \sum_{j=1}^N x_j \right\|^2", "min_(k<K) ‖Σ_(j=1)^N x_j‖²"),
        (r"\bar{\theta}^{k+1} - \sigma_2", "θ̄^(k+1) − σ₂"),
        (r"\pi_{\theta^*}(a|s) \geq -1", "π_(θ*)(a|s) ≥ −1"),
        (r"\begin{bmatrix} 1 & 0 \\ 0 & 1 \end{bmatrix}", "[1, 0; 0, 1]"),
        (r"\arg \max_{\theta} V", "arg max_θ V"),
        (r"C'^2 + C''", "C′² + C′′"),
        (r"\frac{1}{2", r"$\frac{1}{2$"),
    ],
)
def test_a_formula_is_written_in_line(latex, shown):
    assert plain_formula(latex) == shown


def test_a_product_below_a_slash_stays_together():
    assert plain_formula(r"\frac{a}{bc}") == "a/(bc)"
    assert plain_formula(r"\frac{a}{b} c") == "a/b c"
    assert plain_formula(r"\frac{a+b}{c}") == "(a + b)/c"


def test_prose_stays_and_its_formulas_are_written_in_line():
    assert plain(r"if $\sigma_2 < 1$ then") == "if σ₂ < 1 then"
    assert (
        plain_words(r"grows in |\mathcal{S}| alone, lambda^2/N") == "grows in |S| alone, lambda^2/N"
    )


def test_no_statement_of_the_paper_keeps_latex():
    kept = {id: plain(member.statement) for id, member in load_registry().items()}
    assert {id: text for id, text in kept.items() if LATEX.search(text) or "$" in text} == {}
