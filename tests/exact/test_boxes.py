import itertools
from fractions import Fraction

import flint
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box, Interval, closed_interval, open_interval

HALF_OPEN = Interval(Fraction(1, 2), 1, closed_upper=True)
BOX = Box(p=HALF_OPEN, gamma=open_interval(0, 1))


def test_ends_belong_to_an_interval_only_when_closed():
    assert HALF_OPEN.contains(Fraction(1))
    assert not HALF_OPEN.contains(Fraction(1, 2))
    assert not open_interval(0, 1).contains(Fraction(1))
    assert closed_interval(0, 1).contains(Fraction(0))
    assert str(HALF_OPEN) == "(1/2, 1]"


@pytest.mark.parametrize("ends", [(1, 1), (2, 1)])
def test_an_empty_interval_is_refused(ends):
    with pytest.raises(InvalidInput, match="is empty"):
        open_interval(*ends)


@pytest.mark.parametrize("end", [0.1, float("nan"), float("inf"), "1/2"])
def test_ends_must_be_exact(end):
    with pytest.raises(InvalidInput, match="exact rational"):
        closed_interval(end, 5)


def test_flint_rationals_are_ends_too():
    assert closed_interval(flint.fmpq(1, 2), 1).lower == Fraction(1, 2)


def test_samples_lie_in_the_box_plainest_first_and_without_repetition():
    points = list(BOX.samples())
    assert points[0] == {"gamma": Fraction(1, 2), "p": Fraction(3, 4)}
    assert all(BOX.contains(point) for point in points)
    assert len({tuple(sorted(point.items())) for point in points}) == len(points)
    assert any(point["p"] == 1 for point in points)
    ranks = [open_interval(0, 1).samples(7).index(point["gamma"]) for point in points]
    assert len(points) == len(set(ranks)) * len(HALF_OPEN.samples(7))


def test_samples_of_many_parameters_start_at_once_and_end():
    wide = Box(**{f"x{k}": open_interval(0, 1) for k in range(12)})
    assert len(list(wide.samples(9))) == 4096
    assert len(list(itertools.islice(wide.samples(9), 3))) == 3


def test_a_box_without_parameters_is_one_point():
    assert list(Box().samples()) == [{}]
    assert Box().contains({})


def test_a_point_must_give_every_parameter():
    with pytest.raises(InvalidInput, match="no value for p"):
        BOX.contains({"gamma": Fraction(1, 2)})


def test_boxes_are_equal_whatever_the_order():
    again = Box(gamma=open_interval(0, 1), p=HALF_OPEN)
    assert again == BOX
    assert hash(again) == hash(BOX)
    assert BOX.replace(p=closed_interval(0, 1)) != BOX
    assert str(BOX) == "gamma in (0, 1), p in (1/2, 1]"
