import pytest

from dcpg_theory.exact.verdicts import Scope, Verdict, narrowest, worst


def test_verdicts_are_ordered_from_worst_to_best():
    order = sorted(Verdict, key=lambda verdict: verdict.rank)
    assert ", ".join(order) == (
        "refuted, undecided, supported, conditional, certified, proved, definition"
    )
    assert [str(scope) for scope in sorted(Scope, key=lambda s: s.rank)] == [
        "sampled",
        "instance",
        "family",
        "universal",
    ]


def test_only_conditional_and_better_pass():
    assert [str(v) for v in Verdict if v.passes] == [
        "conditional",
        "certified",
        "proved",
        "definition",
    ]


def test_combinations_take_the_worst_and_the_narrowest():
    assert worst([Verdict.PROVED, Verdict.UNDECIDED, Verdict.CERTIFIED]) is Verdict.UNDECIDED
    assert narrowest([Scope.UNIVERSAL, Scope.INSTANCE]) is Scope.INSTANCE
    for combine in (worst, narrowest):
        with pytest.raises(ValueError, match="empty"):
            combine([])
