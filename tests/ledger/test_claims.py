from __future__ import annotations

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.ledger.claims import (
    Claim,
    Control,
    Kind,
    Severity,
    claim,
    collected,
    ingredient,
    misprint,
    unsettled,
)

CONTROL = ingredient("two is three", two=3)


def check(kernel):
    return kernel.at_instance(kernel.given("two", 2), "=", 2, {})


@claim(
    "two", where="nowhere", statement="2 = 2", kind=Kind.IDENTITY, controls=(CONTROL,), note="plain"
)
def decorated(kernel):
    """The same on both sides."""
    return check(kernel)


def test_the_decorator_turns_a_check_into_a_claim():
    assert isinstance(decorated, Claim)
    assert (decorated.id, decorated.note) == ("two", "plain")
    assert decorated.check.__doc__ == "The same on both sides."
    assert decorated(Kernel(decorated.statement)).verdict == "certified"


def test_a_claim_without_a_control_is_refused():
    with pytest.raises(InvalidInput, match="'x' has no control: can its check fail"):
        Claim("x", "nowhere", "2 = 2", Kind.IDENTITY, check)


@pytest.mark.parametrize(
    "fields", [{}, {"check": check, "parts": ("two",), "controls": (CONTROL,)}]
)
def test_a_claim_is_judged_by_a_check_or_by_parts_but_not_both(fields):
    with pytest.raises(InvalidInput, match="either a check or parts"):
        Claim("x", "nowhere", "2 = 2", Kind.IDENTITY, **fields)


def test_two_controls_of_one_name_are_refused():
    """The ledger lists controls by name, so one would hide the other."""
    twice = (CONTROL, ingredient(CONTROL.what, two=4))
    with pytest.raises(InvalidInput, match="two controls of one name"):
        Claim("x", "nowhere", "2 = 2", Kind.IDENTITY, check, controls=twice)


def test_an_aggregate_cannot_be_run():
    parent = Claim("all", "nowhere", "both", Kind.IDENTITY, parts=("one", "two"))
    with pytest.raises(InvalidInput, match="all is judged by its parts one, two"):
        parent(Kernel())


def test_a_claim_is_frozen_and_a_variant_is_another_one():
    variant = decorated.variant(id="two-corrected", statement="2 = 1 + 1")
    assert (variant.id, variant.check) == ("two-corrected", decorated.check)
    assert decorated.id == "two"
    with pytest.raises(AttributeError):
        decorated.id = "three"


def test_a_misprint_changes_the_first_occurrence_whatever_the_spacing():
    control = misprint(r"\gamma_i", r"\gamma")
    assert control.what == r"\gamma_i printed as \gamma"
    assert control.apply(r"1 - \gamma _i + \left(\gamma_i\right)") == r"1-\gamma+(\gamma_i)"


@pytest.mark.parametrize(
    "control", [misprint("3", "4"), misprint("2", " 2 "), Control("two", (("2", "3"), ("2", "4")))]
)
def test_a_misprint_that_changes_nothing_is_refused(control):
    with pytest.raises(InvalidInput, match="does not occur to be changed"):
        control.apply("2 + x")


def test_an_ingredient_is_handed_to_the_check_by_name():
    kernel = Kernel("2 = 2", CONTROL.values)
    assert decorated(kernel).verdict == "refuted"
    assert kernel.unread == frozenset()


def test_an_unsettled_claim_gives_its_reason_and_needs_no_control():
    member = unsettled(
        "later", where="nowhere", statement="soon", kind=Kind.ORDER, lines=(1, 2), reason="not yet"
    )
    evidence = member(Kernel(member.statement))
    assert (evidence.verdict, evidence.detail) == ("undecided", "not yet")
    assert member.open == "not yet"


def test_severities_are_ordered():
    ranked = sorted(["error", "slip", "gap"], key=lambda name: Severity(name).rank)
    assert ranked == ["slip", "gap", "error"]


def test_claims_are_collected_from_names_and_from_tuples_once():
    other = decorated.variant(id="other")
    namespace = {"a": decorated, "again": decorated, "pair": (other, "words"), "number": 3}
    assert [member.id for member in collected(namespace)] == ["two", "other"]


def test_two_different_claims_of_one_id_are_not_collected():
    with pytest.raises(InvalidInput, match="two claims are called 'two'"):
        collected({"a": decorated, "b": decorated.variant(note="another")})
