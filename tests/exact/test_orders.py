from __future__ import annotations

from fractions import Fraction

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box, at_least, open_interval
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.verdicts import Verdict

n, t = symbols("n", "t")
RAY = Box(n=at_least(1), t=open_interval(0, 1))


def test_a_quotient_that_grows_refutes_the_order() -> None:
    evidence = Kernel().order(n**2, n + t, "n", RAY, constant=1000, rate=Fraction(1, 2))
    assert evidence.verdict is Verdict.REFUTED
    assert evidence.witness["diverges"] == "n"
    evidence.replay()


def test_a_bounded_quotient_is_proved_with_its_constant() -> None:
    evidence = Kernel().order(n + t, n, "n", RAY, constant=2, rate=1)
    assert evidence.verdict is Verdict.PROVED
    evidence.replay()


@pytest.mark.parametrize(("left", "right"), [(n**2, n * t - n), (5 * n, n), (n, n**2 - 2)])
def test_nothing_is_decided_without_a_proof(left, right) -> None:
    assert Kernel().order(left, right, "n", RAY, constant=2, rate=1).verdict is Verdict.UNDECIDED


def test_the_variable_must_be_unbounded() -> None:
    with pytest.raises(InvalidInput, match="without an upper end"):
        Kernel().order(n, t, "t", RAY, constant=1, rate=1)
