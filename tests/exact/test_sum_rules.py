"""The rules on sums and sequences hold, and each hypothesis is needed."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box, Interval, at_least, closed_interval
from dcpg_theory.exact.derived import norm_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rulebook import RULES
from dcpg_theory.exact.rules import Context, Fact
from dcpg_theory.exact.sum_rules import SUM_RULES

s, c, t, K = symbols("s", "c", "t", "K")
BOX = Box(
    s=Interval(0, 1, closed_lower=True), c=at_least(0), t=closed_interval(-1, 1), K=at_least(1)
)
ONE = unit(SCALARS)
HERE = Atom("a[k]", SCALARS, SCALARS)
first, here, following, end = (
    Operator.of(Atom(f"a[{index}]", SCALARS, SCALARS)) for index in ("0", "k", "k+1", "K")
)


def use(rule: str, facts: dict[str, Fact], *, box: Box = BOX, **arguments: object) -> Fact:
    return SUM_RULES[rule].use(Context(dict(facts), box, {}, {}, set()), arguments)[""]


STEP = Fact(following, "<=", here.scaled(s) + ONE.scaled(c))
START = Fact(first, "<=", ONE.scaled(c / (1 - s)))


def contract(facts: dict[str, Fact], ratio=s, noise=c) -> Fact:
    return use(
        "contraction", facts, step="step", start="start", here=HERE, ratio=ratio, noise=noise
    )


def test_a_contracting_sequence_stays_below_its_limit() -> None:
    assert contract({"step": STEP, "start": START}).right == ONE.scaled(c / (1 - s))
    ratio, noise, value = Fraction(2, 3), Fraction(5), Fraction(0)
    for _ in range(50):
        assert value <= noise / (1 - ratio)
        value = ratio * value + noise


def test_without_a_start_below_the_bound_it_may_lie_above() -> None:
    """s = 1/2, c = 0, a[0] = 10: the bound would be 0."""
    for start in (Fact(first, "<=", ONE.scaled(c / (1 - s) + 1)), Fact(here, "<=", START.right)):
        with pytest.raises(CertificateRejected, match="start does not say"):
            contract({"step": STEP, "start": start})


def test_without_contraction_it_may_grow() -> None:
    """a[k+1] = 2 a[k] + 1 has no bound; the formula 1/(1 - 2) would even be negative."""
    two = RationalFunction.constant(2)
    step = Fact(following, "<=", here.scaled(two) + ONE.scaled(c))
    with pytest.raises(CertificateRejected, match="ratio < 1"):
        contract({"step": step, "start": START}, ratio=two)


def test_noise_must_not_be_negative() -> None:
    """With a[0] = c/(1 - s) < 0 the induction still holds; the rule does not need that case."""
    step = Fact(following, "<=", here.scaled(s) + ONE.scaled(t))
    with pytest.raises(CertificateRejected, match="noise >= 0"):
        contract({"step": step, "start": START}, noise=t)


def test_the_step_must_be_about_the_same_sequence() -> None:
    other = Operator.of(Atom("b[k+1]", SCALARS, SCALARS))
    with pytest.raises(CertificateRejected, match="step does not say"):
        contract({"step": Fact(other, "<=", STEP.right), "start": START})


def test_a_step_at_one_parameter_only_is_not_enough() -> None:
    with pytest.raises(CertificateRejected, match="step does not say"):
        contract({"step": Fact(STEP.left, "<=", STEP.right, True), "start": START})


def test_a_fact_that_ties_the_start_to_a_general_index_is_refused() -> None:
    """A step shown only where a[k] = a[0] is not a step for every k."""
    tie = Fact(here, "=", first)
    with pytest.raises(CertificateRejected, match="not for every k"):
        contract({"step": STEP, "start": START, "tie": tie})


def defined(index: str, value: Operator) -> tuple[str, Atom, Operator]:
    return f"e[{index}]", Atom(f"e[{index}]", "A", SCALARS), value


@pytest.mark.parametrize("same", [True, False])
def test_a_sequence_is_one_thing_at_all_indices(same: bool) -> None:
    """With e[k+1] and e[0] naming zero and e[k] anything, every vector would be small."""
    context = Context({}, BOX, {}, {}, set())
    theta = {i: Operator.of(Atom(f"theta[{i}]", "A", SCALARS)) for i in ("0", "k", "k+1")}
    zero = Operator.zero("A", SCALARS)
    e = {}
    for index, value in theta.items():
        name, atom, value = defined(index, value if same or index == "k" else zero)
        e[index] = Operator.of(atom)
        context.facts[name] = RULES["definition"].use(context, {"name": atom, "value": value})[""]
    now = norm_of(e["k"])
    context.facts["step"] = Fact(norm_of(e["k+1"]), "<=", now.scaled(s) + ONE.scaled(c))
    context.facts["start"] = Fact(norm_of(e["0"]), "<=", ONE.scaled(c / (1 - s)))
    arguments = {
        "step": "step", "start": "start", "here": next(now.atoms()), "ratio": s, "noise": c,
    }  # fmt: skip
    if same:
        assert SUM_RULES["contraction"].use(context, arguments)[""].left == now
        return
    with pytest.raises(CertificateRejected, match="at another index"):
        SUM_RULES["contraction"].use(context, arguments)
