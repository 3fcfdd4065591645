"""The rules on norms hold, and each hypothesis is needed."""

from __future__ import annotations

import pytest

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box, Interval, at_least, closed_interval
from dcpg_theory.exact.derived import norm_of
from dcpg_theory.exact.norm_rules import NORM_RULES
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rulebook import RULES
from dcpg_theory.exact.rules import Context, Fact

s, c, t = symbols("s", "c", "t")
BOX = Box(s=Interval(0, 1, closed_lower=True), c=at_least(0), t=closed_interval(-1, 1))
x, y = (Operator.of(Atom(name, "A", SCALARS)) for name in ("x", "y"))
ONE, NOTHING = unit(SCALARS), Operator.zero(SCALARS, SCALARS)


def use(rule: str, facts: dict[str, Fact], **arguments: object) -> Fact:
    context = Context(dict(facts), BOX, {}, {}, set())
    return NORM_RULES[rule].use(context, arguments)[""]


def test_every_rule_is_in_the_rulebook_with_a_statement_and_a_reference() -> None:
    for name, rule in NORM_RULES.items():
        assert RULES[name] is rule
        assert rule.statement
        assert rule.reference


def test_equal_vectors_have_equal_names_and_norms() -> None:
    assert norm_of(x + y) == norm_of(y + x)
    fact = use("congruence", {"same": Fact(x, "=", y)}, fact="same")
    assert (fact.left, fact.relation, fact.right) == (norm_of(x), "=", norm_of(y))


def test_an_inequality_of_vectors_says_nothing_about_norms() -> None:
    """(-2) <= (1), but |-2| > |1|."""
    with pytest.raises(CertificateRejected, match="not an equality"):
        use("congruence", {"less": Fact(x, "<=", y)}, fact="less")


def test_an_equality_at_one_point_stays_at_one_point() -> None:
    assert use("congruence", {"same": Fact(x, "=", y, True)}, fact="same").pointwise


@pytest.mark.parametrize(("factor", "size"), [(c, c), (-c, c), (RationalFunction.constant(-3), 3)])
def test_a_factor_of_one_sign_leaves_the_norm_as_its_absolute_value(factor, size) -> None:
    fact = use("homogeneity", {}, factor=factor, vector=x)
    assert fact.right == size * norm_of(x)


def test_a_factor_of_unknown_sign_stays_inside() -> None:
    with pytest.raises(CertificateRejected, match="one sign"):
        use("homogeneity", {}, factor=t, vector=x)


def test_only_a_vector_that_is_zero_has_norm_zero_by_rule() -> None:
    zero = Operator.zero("A", SCALARS)
    assert use("norm of zero", {"z": Fact(x, "=", zero)}, fact="z").right == NOTHING
    for fact in (Fact(x, "=", y), Fact(x, "<=", zero)):
        with pytest.raises(CertificateRejected, match="does not say"):
            use("norm of zero", {"z": fact}, fact="z")


def test_a_scalar_has_no_norm() -> None:
    with pytest.raises(CertificateRejected, match="only a vector"):
        norm_of(ONE)


def test_a_norm_cannot_be_given_another_meaning() -> None:
    with pytest.raises(CertificateRejected, match="is a norm"):
        RULES["definition"].use(
            Context({}, BOX, {}, {}, set()),
            {"name": next(norm_of(x).atoms()), "value": ONE},
        )


def test_constants_must_be_shown_non_negative() -> None:
    assert use("constant", {}, value=c / (1 - s)).right == ONE.scaled(c / (1 - s))
    with pytest.raises(CertificateRejected, match=">= 0"):
        use("constant", {}, value=t)
