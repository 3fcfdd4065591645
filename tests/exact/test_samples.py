from __future__ import annotations

from fractions import Fraction

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.samples import Sample
from dcpg_theory.exact.verdicts import Scope, Verdict


def squares(bound: Fraction) -> list[Sample]:
    return [Sample(Fraction(k, 10) ** 2, bound, {"x": Fraction(k, 10)}) for k in range(11)]


def test_a_search_supports_and_never_proves() -> None:
    evidence = Kernel().searched(squares(Fraction(2)), "<=")
    assert (evidence.verdict, evidence.scope) == (Verdict.SUPPORTED, Scope.SAMPLED)
    assert evidence.detail == "11 exact instances, tightest ratio 0.5"
    evidence.replay()


def test_one_contradiction_refutes_with_its_instance() -> None:
    evidence = Kernel().searched(squares(Fraction(1, 2)), "<=")
    assert evidence.verdict is Verdict.REFUTED
    assert evidence.witness["x"] == "4/5"
    evidence.replay()


def test_an_empty_search_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least one instance"):
        Kernel().searched([], "<=")


def test_runs_report_the_tightest_bound_and_what_was_broken_off() -> None:
    evidence = Kernel().ran(squares(Fraction(2)), "<=", too_long=3)
    assert (evidence.verdict, evidence.scope) == (Verdict.SUPPORTED, Scope.SAMPLED)
    assert evidence.method == "runs in double precision"
    assert evidence.detail == (
        "11 runs in double precision, bound/observed at least 2, median 8; "
        "3 more were too long and confirm nothing"
    )
    evidence.replay()


def test_a_run_above_its_bound_refutes() -> None:
    evidence = Kernel().ran(squares(Fraction(1, 2)), "<=")
    assert evidence.verdict is Verdict.REFUTED
    evidence.replay()
