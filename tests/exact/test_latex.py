from fractions import Fraction

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.latex import (
    normalized,
    parse,
    parse_matrix,
    parse_vector,
    unbound_symbols,
)
from dcpg_theory.exact.rational_functions import as_fmpq, symbols

g, p, r2, v, w, m = symbols("gamma", "p", "root", "v", "w", "m")
HALF = as_fmpq(Fraction(1, 2))
NAMES = {
    r"\gamma": g,
    "p": p,
    r"\sqrt{2}": r2,
    r"V_1^\pi(S_3)": v,
    r"V_2^\pi(S_3)": w,
    r"\pi": m,
}

PRINTED = [
    (r"\frac{p\gamma}{1 - (1-p)\gamma^2}", p * g / (1 - (1 - p) * g**2)),
    (r"\frac{(1-p)\gamma}{1 - p\gamma^2}", (1 - p) * g / (1 - p * g**2)),
    (r"\frac{1}{(1 - (1-p)\gamma^2)^2}", 1 / (1 - (1 - p) * g**2) ** 2),
    (r"\frac{2\gamma}{2 - \gamma^2}.", None),
    (r"\frac{2\gamma}{2 - \gamma^2}", 2 * g / (2 - g**2)),
    (r"(1-p) + \gamma p V_1^\pi(S_3)", 1 - p + g * p * v),
    (r"\gamma(1-p)V_1^\pi(S_3) - p", g * (1 - p) * v - p),
    (
        r"\frac{\gamma p(1-\gamma)}{(\gamma^2 p - \gamma^2 + 1)}",
        g * p * (1 - g) / (g**2 * p - g**2 + 1),
    ),
    (r"\frac{\gamma^3 p^2}{(\gamma^2 p - \gamma^2 + 1)}", g**3 * p**2 / (g**2 * p - g**2 + 1)),
    (
        r"\frac{\gamma(-\gamma^2 p^2 + (1-p)(\gamma^2 p - \gamma^2 + 1) + p)}"
        r"{\gamma^2 p - \gamma^2 + 1}",
        g * (-(g**2) * p**2 + (1 - p) * (g**2 * p - g**2 + 1) + p) / (g**2 * p - g**2 + 1),
    ),
    (
        r"\frac{\gamma(-2\gamma^2 p + \gamma^2 + 2p - 1)}"
        r"{\gamma^4 p^2 - \gamma^4 p + \gamma^2 - 1}",
        g * (-2 * g**2 * p + g**2 + 2 * p - 1) / (g**4 * p**2 - g**4 * p + g**2 - 1),
    ),
    (
        r"\frac{\gamma(2-\gamma^2 p^2+2\gamma^2 p-\gamma^2-2p)}{2-\gamma^2}",
        g * (2 - g**2 * p**2 + 2 * g**2 * p - g**2 - 2 * p) / (2 - g**2),
    ),
    (
        r"\frac{0.5}{1-\gamma} \left(\frac{2(1-\gamma)}{2-\gamma^2} \cdot "
        r"\frac{\gamma(2\gamma^2 p^2 - 2\gamma^2 p + \gamma^2 - 1)}{2-\gamma^2}\right)",
        HALF
        / (1 - g)
        * (2 * (1 - g) / (2 - g**2))
        * (g * (2 * g**2 * p**2 - 2 * g**2 * p + g**2 - 1) / (2 - g**2)),
    ),
    (r"\frac{2p-1}{8\sqrt{2}(p-2)(p+1)}", (2 * p - 1) / (8 * r2 * (p - 2) * (p + 1))),
    (r"\frac{4-8p}{3}", (4 - 8 * p) / 3),
    (r"&= p\gamma + p(1-p)\gamma^3", None),
    (r"& p\gamma + p(1-p)\gamma^3 \quad", p * g + p * (1 - p) * g**3),
]


@pytest.mark.parametrize(("text", "value"), [case for case in PRINTED if case[1] is not None])
def test_printed_formulas_have_the_values_read_by_hand(text, value):
    assert parse(text, NAMES) == value
    assert parse(normalized(text).strip("&"), NAMES) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\gamma^2 p", g**2 * p),
        (r"\gamma p^2", g * p**2),
        ("2p", 2 * p),
        ("p p", p**2),
        (r"-\gamma^2", -(g**2)),
        ("-p p", -(p**2)),
        ("+p", p),
        ("1-p-p", 1 - 2 * p),
        (r"p^{-2}", p**-2),
        (r"p^{12}", p**12),
        (r"0.25p", p / 4),
        (r"10^2", 100),
        (r"1/2\cdot p", p / 2),
        (r"2/3/4", as_fmpq(Fraction(1, 6))),
        (r"p \times 3", 3 * p),
        (r"\frac{\frac{1}{2}}{\frac{p}{3}}", Fraction(3, 2) / p),
        (r"(p)(p)", p**2),
        (r"{p}^2", p**2),
        (r"{(1-p)}^2", (1 - p) ** 2),
        (r"\frac{p}{2}^2", p**2 / 4),
        (r"\sqrt{2}\sqrt{2}", r2**2),
        (r"\frac{p}{\pi}", p / m),
        (r"\pi p", m * p),
        (r"\big(1-p\big)", 1 - p),
        (r"p\,\gamma", p * g),
        ("$p$", p),
    ],
)
def test_the_grammar(text, value):
    assert parse(text, NAMES) == value


REFUSED = [
    "",
    " ",
    "&",
    "1 2",
    "1 & 2",
    "1.5.2",
    ".5",
    "5.",
    "p2",
    "p 0.5",
    "(1-p)2",
    "p^23",
    "p^{1.0}",
    "p^{1/2}",
    "p^p",
    "p^{999}",
    "p^2^2",
    "p^{2}^{3}",
    r"\gammap",
    r"\frac12",
    r"\frac1{2}",
    r"\frac{1}2",
    r"\sqrt2",
    r"\sqrt{3}",
    r"\sqrt{p}",
    r"\sqrt[3]{2}",
    r"1/2\gamma",
    "1/2p",
    "{1-p}^2",
    "2{1-p}",
    "{2p}^2",
    "p--p",
    "--p",
    "p+-p",
    r"p\cdot-p",
    "(p",
    "p)",
    "{p",
    "p}",
    "@0@",
    "@",
    "q",
    "p_1",
    "p'",
    r"\hat p",
    r"\bar{p}",
    r"\leftarrow p",
    r"\partial p",
    r"1\quad p",
    r"p \\ p",
    "p=p",
    "p, p",
    "p.",
    r"\frac{1}{0}",
    r"\frac{1}{p-p}",
    "0^{-1}",
    r"V_1^\pi(S_2)",
    r"V_1^\pi",
    r"p^\top",
    r"\frac{p}",
    r"p!",
    "|p|",
    "[p]",
    r"\text{p}",
    r"\cdotp",
    "p**2",
    "\u03b3",
    "p^{ -  }",
    "1e3",
    "0x1",
    "1,000",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_malformed_or_ambiguous_is_refused_in_one_line(text):
    with pytest.raises(InvalidInput) as error:
        parse(text, NAMES)
    assert "\n" not in str(error.value)


def test_the_longest_name_wins_and_names_are_whole_tokens():
    names = {"a": p, "c": g, r"\gamma": v, r"\gamma_1": w, "S_1": m}
    assert parse(r"\frac{a}{c}", names) == p / g
    assert parse(r"\gamma_1 \cdot c", names) == w * g
    for text in (r"\gamma_12", r"\gamma_{1}", r"\gamma_2", "S_10", r"\acute c"):
        with pytest.raises(InvalidInput):
            parse(text, names)


@pytest.mark.parametrize("name", ["", "  ", "2", "1.5x", "@", r"\,"])
def test_names_that_could_stand_for_anything_are_refused(name):
    with pytest.raises(InvalidInput, match="must be LaTeX"):
        parse("p", {name: p})


def test_one_name_has_one_value():
    with pytest.raises(InvalidInput, match="given twice"):
        parse("p", {"V(S)": p, r"V \left(S\right)": g})


def test_matrices_are_read_entry_by_entry():
    text = (
        r"P_1^{\pi_1} = \begin{bmatrix} 1 & 1-p & 0 \\ 0 & \frac{\gamma p}{2} & 0.5 \end{bmatrix},"
        r" \quad \text{and}"
    )
    expected = [[1, 1 - p, 0], [0, g * p / 2, HALF]]
    for printed in (text, normalized(text)):
        found = parse_matrix(printed, NAMES)
        assert found.shape == (2, 3)
        assert all(a == b for a, b in zip(found.flat, [*expected[0], *expected[1]], strict=True))


def test_the_matrix_behind_an_inverse_is_a_right_side():
    text = r"(I - \gamma(P_1^\pi)^\top)^{-1} \begin{bmatrix} 0 \\ 1-p \\ \end{bmatrix}."
    assert parse_matrix(text, NAMES).tolist() == [[0], [1 - p]]


@pytest.mark.parametrize(
    "text",
    [
        r"-\begin{bmatrix} 1 \end{bmatrix}",
        r"2\begin{bmatrix} 1 \end{bmatrix}",
        r"\gamma\begin{bmatrix} 1 \end{bmatrix}",
        r"I + \begin{bmatrix} 1 \end{bmatrix}",
        r"\begin{bmatrix} 1 \end{bmatrix}^\top",
        r"\begin{bmatrix} 1 \end{bmatrix}^{-1}",
        r"\begin{bmatrix} 1 \end{bmatrix}_1",
        r"\begin{bmatrix} 1 \end{bmatrix} + I",
        r"\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}",
        r"\begin{bmatrix} 1 \\ \\ 2 \end{bmatrix}",
        r"\begin{bmatrix} 1 & \\ 2 & 3 \end{bmatrix}",
        r"\begin{bmatrix} \end{bmatrix}",
        "p",
        r"\begin{bmatrix} 1 \end{bmatrix} = \begin{bmatrix} 1 \end{bmatrix}",
        r"\begin{pmatrix} 1 \end{pmatrix}",
        r"\begin{bmatrix} 1 \\[2pt] 2 \end{bmatrix}",
    ],
)
def test_a_matrix_that_is_only_part_of_an_expression_or_malformed_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_matrix(text, NAMES)


def test_lists_are_read_entry_by_entry():
    text = r"Q_1^\pi(\cdot, L) &= \left[0, (1-p) + \gamma p V_1^\pi(S_3), 0 \right]^\top,"
    for printed in (text, normalized(text), r"[0, 1-p+\gamma p V_1^\pi(S_3), 0]^{\top}"):
        assert parse_vector(printed, NAMES).tolist() == [0, 1 - p + g * p * v, 0]


@pytest.mark.parametrize(
    "text",
    [
        "-[1, 2]",
        "2[1, 2]",
        "x + [1]",
        "[1] + [2]",
        "[1]^2",
        "[1, 2",
        "1, 2]",
        "[]",
        "[1,,2]",
        "[1, 2](3)",
        "p",
    ],
)
def test_a_list_that_is_only_part_of_an_expression_or_malformed_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_vector(text, NAMES)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (r"\gamma p", 1),
        (r"\gamma V_1", 1),
        (r"\gamma_i p", 0),
        (r"\gamma^2 p", 1),
        (r"\gamma^2_i", 0),
        (r"\gamma^{k+1}_i", 0),
        (r"\gamma_1 + \gamma + \gamma^k", 2),
        (r"\gammap", 0),
        (r"1-\gamma", 1),
        (r"\gamma^{", 1),
        ("", 0),
    ],
)
def test_symbols_without_an_index_are_found(text, count):
    assert len(unbound_symbols(text, r"\gamma")) == count


def test_a_letter_inside_a_command_is_no_symbol():
    assert unbound_symbols(r"\partial \pi \frac{1}{p_1}", "p") == []
    assert len(unbound_symbols(r"\partial p \pi", "p")) == 1


@pytest.mark.parametrize("text", [case[0] for case in PRINTED])
def test_normalizing_twice_changes_nothing(text):
    assert normalized(normalized(text)) == normalized(text)
    assert "  " not in normalized(text)
