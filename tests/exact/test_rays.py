from __future__ import annotations

from fractions import Fraction

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box, Interval, at_least, open_interval, positive
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.verdicts import Verdict

x, y = symbols("x", "y")


@pytest.mark.parametrize(
    ("value", "box"),
    [
        (x**3 + 1, Box(x=positive())),
        (x, Box(x=positive())),
        (x - y + 1, Box(x=at_least(3), y=open_interval(0, 4))),
        (x**2 - x + 1, Box(x=positive())),
        (x / (x + y), Box(x=positive(), y=at_least(0))),
    ],
)
def test_a_positive_function_on_rays_is_proved_positive(value, box) -> None:
    evidence = Kernel().sign(value, ">", 0, box)
    assert evidence.verdict is Verdict.PROVED
    evidence.replay()


@pytest.mark.parametrize(
    ("value", "box"),
    [
        (x, Box(x=at_least(0))),
        (100 - x, Box(x=positive())),
        (x - 1, Box(x=at_least(1))),
        (1 / (x - 5), Box(x=positive())),
    ],
)
def test_a_function_that_is_not_positive_on_a_ray_is_never_proved(value, box) -> None:
    evidence = Kernel().sign(value, ">", 0, box)
    assert evidence.verdict is not Verdict.PROVED
    evidence.replay()


def test_a_far_counterexample_is_found_on_the_ray() -> None:
    evidence = Kernel().sign(100 - x, ">", 0, Box(x=positive()))
    assert evidence.verdict is Verdict.REFUTED
    assert Fraction(evidence.witness["x"]) >= 100


def test_a_ray_is_open_at_infinity() -> None:
    with pytest.raises(InvalidInput, match="cannot be closed"):
        Interval(0, None, closed_upper=True)
    assert str(at_least(2)) == "[2, inf)"
    assert positive().contains(Fraction(10**9))
    assert not positive().contains(Fraction(0))
