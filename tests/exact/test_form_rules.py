"""The rules on forms and limits hold, and each hypothesis is needed."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box, closed_interval
from dcpg_theory.exact.derived import norm_of
from dcpg_theory.exact.form_rules import FORM_RULES, any_unit_vector, form_of, inner_product
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rulebook import RULES
from dcpg_theory.exact.rules import Context, Fact

c, t, g = symbols("c", "t", "g")
BOX = Box(c=closed_interval(0, 1), t=closed_interval(0, 2), g=closed_interval(0, Fraction(9, 10)))
ONE = unit(SCALARS)
x, y, z = (Operator.of(Atom(name, "P", SCALARS)) for name in "xyz")
u = any_unit_vector("P")
BOUND = ONE.scaled(c)


def context(facts: dict[str, Fact]) -> Context:
    return Context(dict(facts), BOX, {}, {}, set())


def unit_lengths(*vectors: Operator) -> dict[str, Fact]:
    return {f"|{v}|": Fact(inner_product(v, v), "=", ONE) for v in vectors}


def bounds(order: int) -> dict[str, Fact]:
    diagonal = form_of("F", *[u] * order)
    return {"above": Fact(diagonal, "<=", BOUND), "below": Fact(-BOUND, "<=", diagonal)}


def banach(facts: dict[str, Fact], *vectors: Operator) -> dict[str, Fact]:
    arguments = {"form": "F", "vectors": vectors, "above": "above", "below": "below"}
    return FORM_RULES["banach"].use(context(facts), arguments)


def test_every_rule_is_in_the_rulebook_with_a_statement_and_a_reference() -> None:
    for name, rule in FORM_RULES.items():
        assert RULES[name] is rule
        assert rule.statement
        assert rule.reference


def test_a_form_has_one_value_whatever_the_order_of_its_arguments() -> None:
    assert form_of("F", x, y, z) == form_of("F", z, x, y)
    assert form_of("F", x, y) != form_of("F", x, x)
    assert form_of("F", x, y) != form_of("G", x, y)


def test_a_form_takes_vectors_of_one_space() -> None:
    other = Operator.of(Atom("o", "Q", SCALARS))
    for wrong in ((x, other), (x, unit("P")), ()):
        with pytest.raises(CertificateRejected, match="vectors of one space"):
            form_of("F", *wrong)


def test_a_form_is_bounded_off_the_diagonal_by_its_bound_on_it() -> None:
    made = banach(bounds(3) | unit_lengths(x, y), x, x, y)
    value = form_of("F", x, x, y)
    assert made["above"] == Fact(value, "<=", BOUND)
    assert made["below"] == Fact(-BOUND, "<=", value)


def test_a_cubic_form_off_the_diagonal_is_a_combination_of_its_values_on_it() -> None:
    """F(x, x, v) = (a b)^2 F(e) - (a (a-b))^2 F(p) - (b (a-b))^2 F(q), e = p + q, x = a p + b q.

    For unit vectors p, q with p . q = -1/2, e is one too, v = a (2b - a) p + b (2a - b) q has
    length |x|^2, and the weights add up to |x|^4: Banach's theorem for cubic forms, since with
    3 angle(x, e) = angle(x, v) such p and q exist for all unit vectors x and v.
    """
    a, b = symbols("a", "b")
    one = RationalFunction.constant(1)
    names = ("ppp", "ppq", "pqq", "qqq")
    values = dict(zip(names, symbols("F1", "F2", "F3", "F4"), strict=True))

    def form(*vectors: tuple[RationalFunction, RationalFunction]) -> RationalFunction:
        total = 0 * one
        for choice in product((0, 1), repeat=3):
            term = values["".join(sorted("pq"[k] for k in choice))]
            for vector, k in zip(vectors, choice, strict=True):
                term = term * vector[k]
            total = total + term
        return total

    def inner(first, second) -> RationalFunction:
        """Return the inner product for p . p = q . q = 1, p . q = -1/2."""
        straight = first[0] * second[0] + first[1] * second[1]
        return straight - (first[0] * second[1] + first[1] * second[0]) / 2

    p, q, e = (one, 0 * one), (0 * one, one), (one, one)
    first, direction = (a, b), (a * (2 * b - a), b * (2 * a - b))
    weights = ((a * b) ** 2, (a * (a - b)) ** 2, (b * (a - b)) ** 2)
    combined = weights[0] * form(e, e, e) - weights[1] * form(p, p, p) - weights[2] * form(q, q, q)
    assert form(first, first, direction) == combined
    length = inner(first, first)
    assert sum(weights[1:], weights[0]) == length**2
    assert inner(direction, direction) == length**2
    assert inner(e, e) == 1
    # 4 cos^3 - 3 cos of the angle between x and e, which runs through all of [-1, 1].
    cosine = inner(first, e)
    assert inner(first, direction) == 4 * cosine**3 - 3 * cosine * length


def test_without_symmetry_the_diagonal_says_nothing() -> None:
    """B(x, y) = x_1 y_2 - x_2 y_1 is 0 on the diagonal and 1 at (e_1, e_2).

    A form is symmetric by its name, so the two orders of such a form cannot be told apart.
    """
    assert form_of("B", x, y) == form_of("B", y, x)

    def turned(v, w) -> int:
        return v[0] * w[1] - v[1] * w[0]

    assert all(turned(v, v) == 0 for v in product(range(-3, 4), repeat=2))
    assert turned((1, 0), (0, 1)) == 1


def test_unit_length_must_be_that_of_an_inner_product() -> None:
    """B(x, y) = x_1 y_1 - x_2 y_2 is at most 1 on the diagonal where max|u_i| = 1, but B is 2 at
    (1, 1) and (1, -1)."""
    norms = {f"|{v}|": Fact(norm_of(v), "=", ONE) for v in (x, y)}
    with pytest.raises(CertificateRejected, match="unit length"):
        banach(bounds(2) | norms, x, y)


def test_every_vector_must_have_unit_length() -> None:
    """B(x, y) = x y is 6 at 2 and 3."""
    with pytest.raises(CertificateRejected, match="y has unit length"):
        banach(bounds(2) | unit_lengths(x), x, y)
    longer = {"|y|": Fact(inner_product(y, y), "=", ONE.scaled(1 + c))}
    with pytest.raises(CertificateRejected, match="y has unit length"):
        banach(bounds(2) | unit_lengths(x) | longer, x, y)


def test_a_bound_at_one_vector_is_not_one_at_all() -> None:
    """B = x_1 y_1 is 0 at e_2."""
    diagonal = form_of("F", x, x)
    facts = {"above": Fact(diagonal, "<=", BOUND), "below": Fact(-BOUND, "<=", diagonal)}
    with pytest.raises(CertificateRejected, match="above does not say"):
        banach(facts | unit_lengths(x, y), x, y)


def test_a_bound_on_one_side_is_not_enough() -> None:
    """B = -x y is at most 0 on the diagonal, and 1 at 1 and -1."""
    facts = bounds(2) | unit_lengths(x, y)
    for wrong in (Fact(-2 * BOUND, "<=", form_of("F", u, u)), facts["above"]):
        with pytest.raises(CertificateRejected, match="below does not say"):
            banach(facts | {"below": wrong}, x, y)


def test_the_bound_must_be_a_number() -> None:
    diagonal, size = form_of("F", u, u), inner_product(u, x)
    facts = {"above": Fact(diagonal, "<=", size), "below": Fact(-size, "<=", diagonal)}
    with pytest.raises(CertificateRejected, match="not a number"):
        banach(facts | unit_lengths(x, y), x, y)


def test_a_bound_of_another_order_or_form_does_not_count() -> None:
    with pytest.raises(CertificateRejected, match="above does not say"):
        banach(bounds(2) | unit_lengths(x, y), x, x, y)


def test_what_holds_at_one_point_stays_there() -> None:
    facts = bounds(2) | unit_lengths(x, y)
    facts["above"] = Fact(facts["above"].left, "<=", BOUND, True)
    assert all(fact.pointwise for fact in banach(facts, x, y).values())


@pytest.mark.parametrize("name", [next(form_of("F", x).atoms()), next(u.atoms())])
def test_values_of_forms_and_any_vector_cannot_be_given_another_meaning(name: Atom) -> None:
    with pytest.raises(CertificateRejected, match="cannot be introduced"):
        RULES["definition"].use(
            context({}), {"name": name, "value": Operator.zero(name.codomain, SCALARS)}
        )


ONES = Atom("1", "S", SCALARS)
one, s, b = (Operator.of(Atom(name, "S", SCALARS)) for name in ("1", "x", "b"))
K = Operator.of(Atom("K", "S", "S"))
here, following = (Operator.of(Atom(f"v[{k}]", "S", SCALARS)) for k in ("k", "k+1"))
CONTRACTS = {
    "K>=0": Fact(Operator.zero("S", "S"), "<=", K),
    "K1=1": Fact(K @ one, "=", one),
    "1>0": Fact(Operator.zero("S", SCALARS), "<", one),
    "step": Fact(s - following, "=", (K @ (s - here)).scaled(g)),
}


def converge(facts: dict[str, Fact], **changes: object) -> Fact:
    arguments = {
        "sequence": Atom("v[k]", "S", SCALARS), "value": s, "kernel": K, "discount": g,
        "ones": ONES, "step": "step", "limit": Atom("lim v", "S", SCALARS), **changes,
    }  # fmt: skip
    return FORM_RULES["limit"].use(context(facts), arguments)[""]


def test_value_iteration_converges() -> None:
    """v <- 1 + (9/10) K v tends to 10, for K that swaps two states."""
    assert converge(CONTRACTS) == Fact(Operator.of(Atom("lim v", "S", SCALARS)), "=", s)
    value = [Fraction(0), Fraction(7)]
    for _ in range(200):
        value = [1 + Fraction(9, 10) * value[1], 1 + Fraction(9, 10) * value[0]]
    assert all(abs(entry - 10) < Fraction(1, 10**7) for entry in value)


@pytest.mark.parametrize(
    ("left_out", "why"),
    [
        ("K>=0", "non-negative"),  # K = [[3, -2], [-2, 3]] has K 1 = 1 and the eigenvalue 5
        ("K1=1", "sum to one"),  # K = 2 doubles what g = 9/10 does not halve
        ("1>0", "positive"),  # for the vector 0 every K has K 1 = 1
    ],
)
def test_the_kernel_must_be_stochastic(left_out: str, why: str) -> None:
    facts = {name: fact for name, fact in CONTRACTS.items() if name != left_out}
    with pytest.raises(CertificateRejected, match=why):
        converge(facts)


def test_without_discounting_the_distance_may_stay() -> None:
    """x - v[k+1] = x - v[k] for K = I and the discount 1; with 2 it grows."""
    for factor in (RationalFunction.constant(1), t):
        step = Fact(s - following, "=", (K @ (s - here)).scaled(factor))
        with pytest.raises(CertificateRejected, match="lie in"):
            converge(CONTRACTS | {"step": step}, discount=factor)


@pytest.mark.parametrize(
    "step",
    [
        Fact(s - following, "<=", (K @ (s - here)).scaled(g)),  # v may grow beyond x
        Fact(s - following, "=", (K @ (b - here)).scaled(g)),  # towards another vector
        Fact(s - here, "=", (K @ (s - here)).scaled(g)),  # says nothing of the next one
        Fact(s - following, "=", (K @ (s - here)).scaled(g), True),  # at one point only
    ],
)
def test_the_step_must_be_the_contraction(step: Fact) -> None:
    with pytest.raises(CertificateRejected, match="step does not say"):
        converge(CONTRACTS | {"step": step})


def test_the_limit_does_not_depend_on_the_index() -> None:
    """With x = v[k] the step would say v[k+1] = v[k]."""
    moving = Operator.of(Atom("w[k]", "S", SCALARS))
    with pytest.raises(CertificateRejected, match="depend on the index"):
        converge(CONTRACTS, value=moving)


def test_a_fact_that_ties_the_start_to_a_general_index_is_refused() -> None:
    tie = Fact(here, "=", Operator.of(Atom("v[0]", "S", SCALARS)))
    with pytest.raises(CertificateRejected, match="not for every k"):
        converge(CONTRACTS | {"tie": tie})


def test_the_limit_gets_a_name_of_its_own() -> None:
    with pytest.raises(CertificateRejected, match="already stands"):
        converge(CONTRACTS, limit=Atom("x", "S", SCALARS))
    for wrong in (Atom("lim v[k]", "S", SCALARS), Atom("lim v", "T", SCALARS)):
        with pytest.raises(CertificateRejected, match="name of a vector"):
            converge(CONTRACTS, limit=wrong)


def test_only_a_sequence_of_vectors_has_such_a_limit() -> None:
    for wrong in (Atom("v", "S", SCALARS), Atom("v[k]", "S", "S")):
        with pytest.raises(CertificateRejected, match="not a sequence"):
            converge(CONTRACTS, sequence=wrong)
