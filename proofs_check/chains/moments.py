r"""Chains: how large the first two derivatives of a softmax can be, added up in absolute value.

Along u they are pi (u - E u) and pi ((u - E u)^2 - Var u). Space ``A`` and the average ``q`` are
those of `bounded_products`. The letters: ``U`` is u, ``Y`` is u moved and scaled into [0, 1], ``s``
a sign for each action and ``S`` = (1 + s)/2 in [0, 1]. The scalars: u = a + R y, so that R is the
range of u; m is the mean of y and v its variance.

By the symmetry y -> 1 - y the mean is at most 1/2. Since y^2 <= y, v is at most m (1 - m), so either
v = m^2 + c m (1 - 2 m) or v = c m^2 for some c in [0, 1]; these are the two chains about squares.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, at_least, closed_interval, positive
from dcpg_theory.exact.chains import Chain, Line, Link, Multiple
from dcpg_theory.exact.operators import SCALARS, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains.bounded_products import AVERAGING, action_ones, average, letter, mean
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative

__all__ = [
    "LEVEL",
    "MEAN",
    "PART",
    "RANGE",
    "VARIANCES",
    "deviations",
    "deviations_scaled",
    "signed",
    "squares_narrow",
    "squares_scaled",
    "squares_wide",
]

_SHIFT, RANGE, MEAN, PART, LEVEL, _VARIANCE = symbols("a", "R", "m", "c", "T", "v")
_HALF = closed_interval(0, Fraction(1, 2))
_BOX = Box(
    a=closed_interval(-1, 1),
    R=at_least(0),
    m=_HALF,
    c=closed_interval(0, 1),
    T=positive(),
    v=at_least(0),
)
# The variance of y where it is at least m^2, and where it is at most that.
VARIANCES = {
    "wide": MEAN**2 + PART * MEAN * (1 - 2 * MEAN),
    "narrow": PART * MEAN**2,
}
_I, _ONE = unit("A"), unit(SCALARS)
_S, _Y, _U, _SIGN, _D = (letter(name) for name in ("S", "Y", "U", "s", "D"))

_LETTERS: tuple[Line, ...] = (
    *AVERAGING[:2],
    hypothesis("S>=0", nonnegative(_S), "S = (1 + s)/2"),
    hypothesis("S<=I", less(_S, _I), "S = (1 + s)/2"),
    hypothesis("Y>=0", nonnegative(_Y), "y lies in [0, 1]"),
    hypothesis("Y<=I", less(_Y, _I), "y lies in [0, 1]"),
)
_MEAN = hypothesis("EY=m", equal(mean(_Y), _ONE.scaled(MEAN)), "m is the mean of y")
_SCALED: tuple[Line, ...] = (
    hypothesis("U=a+RY", equal(_U, _I.scaled(_SHIFT) + _Y.scaled(RANGE)), "u = a + R y"),
    hypothesis("s=2S-1", equal(_SIGN, 2 * _S - _I), "S = (1 + s)/2"),
)


def signed(order: int) -> Operator:
    """Return sum_a s_a d^order pi(a|s) along u, by (78) or (79)."""
    m = mean(_U)
    if order == 1:
        return mean(_SIGN, _U) - mean(_SIGN) @ m
    square = mean(_SIGN) @ m @ m
    return mean(_SIGN, _U, _U) - 2 * (mean(_SIGN, _U) @ m) + 2 * square - mean(_SIGN) @ mean(_U, _U)


def _chain(title: str, *lines: Line) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    used = {name for line in lines for name in _symbols(line)}
    return Chain(title, Box(**{n: _BOX[n] for n in _BOX if n in used}), lines, last.fact)


def _symbols(line: Line) -> set[str]:
    sides = [line.fact.left, line.fact.right] if hasattr(line, "fact") else []
    for multiple in getattr(line, "because", ()):
        sides += [side for side in (multiple.before, multiple.after) if side is not None]
    return {name for side in sides for c in side.terms.values() for name in c.free_names()}


def deviations() -> Chain:
    """E S (y - m) <= m (1 - m): above the chord, (y - m) 1(y > m) <= (1 - m) y."""
    return _chain(
        "the mean deviation",
        *_LETTERS,
        _MEAN,
        link(
            "chord",
            less(mean(_S, _Y) - mean(_S).scaled(MEAN), _ONE.scaled(MEAN * (1 - MEAN))),
            [
                Multiple("Y<=I", (average @ _S).scaled(MEAN), action_ones),
                Multiple("S<=I", average.scaled(1 - MEAN), _Y @ action_ones),
                Multiple("EY=m", _ONE.scaled(1 - MEAN)),
            ],
            "(1 - m) y - S (y - m) = S m (1 - y) + (1 - S) (1 - m) y",
        ),
    )


def deviations_scaled() -> Chain:
    """E s (u - E u) = 2 R E S (y - m)."""
    signs = mean(_SIGN)
    return _chain(
        "the mean deviation, scaled",
        AVERAGING[2],
        *_SCALED,
        _MEAN,
        link(
            "scaled",
            equal(signed(1), (2 * (mean(_S, _Y) - mean(_S).scaled(MEAN))).scaled(RANGE)),
            [
                Multiple("U=a+RY", average @ _SIGN, action_ones),
                Multiple("U=a+RY", -(signs @ average), action_ones),
                Multiple("q1=1", -signs.scaled(_SHIFT)),
                Multiple("EY=m", -signs.scaled(RANGE)),
                Multiple("s=2S-1", average.scaled(RANGE), _Y @ action_ones),
                Multiple("s=2S-1", average.scaled(-RANGE * MEAN), action_ones),
                Multiple("EY=m", _ONE.scaled(-RANGE)),
                Multiple("q1=1", _ONE.scaled(RANGE * MEAN)),
            ],
            "E (2 S - 1) R (y - m), and E (y - m) = 0",
        ),
    )


def squares_wide() -> Chain:
    """E S ((y - m)^2 - v) <= k (v + m^2) with k = (1 - m)^2 - v, where v >= m^2.

    k y^2 is above (y - m)^2 - v on [0, 1], and above 0: the two meet at y = 1.
    """
    v = VARIANCES["wide"]
    k = (1 - MEAN) ** 2 - v
    second = v + MEAN**2
    square = mean(_S, _Y, _Y) - mean(_S, _Y).scaled(2 * MEAN) + mean(_S).scaled(MEAN**2 - v)
    line = _Y.scaled(1 - k) + _I.scaled(v - MEAN**2)
    return _chain(
        "squared deviations, where the variance is large",
        *_LETTERS,
        hypothesis("EYY", equal(mean(_Y, _Y), _ONE.scaled(second)), "v is the variance of y"),
        link(
            "parabola",
            less(square, _ONE.scaled(k * second)),
            [
                Multiple("Y<=I", average @ _S, line @ action_ones),
                Multiple("S<=I", average.scaled(k), _Y @ _Y @ action_ones),
                Multiple("EYY", _ONE.scaled(k)),
            ],
            "k y^2 - (y - m)^2 + v = (1 - y) ((1 - k) y + v - m^2) >= 0",
        ),
    )


def _squares(v: RationalFunction) -> tuple[Line, ...]:
    """Return the lines about D, the squares (y - m)^2, up to E D = v."""
    square = _Y @ _Y - _Y.scaled(2 * MEAN) + _I.scaled(MEAN**2)
    return (
        _MEAN,
        hypothesis("EYY", equal(mean(_Y, _Y), _ONE.scaled(v + MEAN**2)), "v is the variance"),
        hypothesis("D=(Y-m)^2", equal(_D, square), "D holds the squares (y - m)^2"),
        link(
            "ED=v",
            equal(mean(_D), _ONE.scaled(v)),
            [
                Multiple("D=(Y-m)^2", average, action_ones),
                "EYY",
                Multiple("EY=m", _ONE.scaled(-2 * MEAN)),
                Multiple("q1=1", _ONE.scaled(MEAN**2)),
            ],
            "E y^2 - 2 m E y + m^2",
        ),
    )


def squares_narrow() -> Chain:
    """2 E S ((y - m)^2 - v) <= v ((1 - m)^2 - v)/(2 T) + T/2 for every T > 0, where v <= m^2.

    Twice the left side is E |z| for some signs, z = (y - m)^2 - v, and 2 T |z| <= z^2 + T^2.
    """
    v = VARIANCES["narrow"]
    gap = (2 * _S - _I).scaled(LEVEL) - _D + _I.scaled(v)
    most = v * ((1 - MEAN) ** 2 - v) / (2 * LEVEL) + LEVEL / 2
    scale = 1 / (2 * LEVEL)
    return _chain(
        "squared deviations, where the variance is small",
        *_LETTERS,
        AVERAGING[2],
        *_squares(v),
        hypothesis("D>=0", nonnegative(_D), "squares are not negative"),
        hypothesis("SD=DS", equal(_S @ _D, _D @ _S), "diagonals commute"),
        hypothesis("square", nonnegative(gap @ gap), "(T s - z)^2 is not negative"),
        link(
            "fourth powers",
            less(mean(_D, _D), _ONE.scaled((1 - MEAN) ** 2 * v)),
            [
                Multiple("Y<=I", average @ _D @ (_I.scaled(1 - 2 * MEAN) + _Y), action_ones),
                Multiple("D=(Y-m)^2", average @ _D, action_ones),
                Multiple("ED=v", _ONE.scaled((1 - MEAN) ** 2)),
            ],
            "(1 - m)^2 - (y - m)^2 = (1 - y) (1 - 2 m + y) >= 0",
        ),
        link(
            "squares",
            less(2 * mean(_S, _D) - mean(_S).scaled(2 * v), _ONE.scaled(most)),
            [
                Multiple("square", average.scaled(scale), action_ones),
                Multiple("S<=I", (average @ _S).scaled(2 * LEVEL), action_ones),
                Multiple("SD=DS", average, action_ones),
                Multiple("fourth powers", _ONE.scaled(scale)),
                Multiple("ED=v", _ONE.scaled((LEVEL - v) / LEVEL)),
                Multiple("q1=1", _ONE.scaled((v - LEVEL) ** 2 * scale)),
            ],
            "s z <= (z^2/T + T)/2 for |s| <= 1, and E z^2 = E (y - m)^4 - v^2",
        ),
    )


def squares_scaled() -> Chain:
    """E s ((u - E u)^2 - Var u) = 2 R^2 E S ((y - m)^2 - v)."""
    v, m = _VARIANCE, MEAN
    signs = mean(_SIGN)
    centre = _SHIFT + RANGE * m
    second = _SHIFT**2 + 2 * _SHIFT * RANGE * m + RANGE**2 * (v + m**2)
    scale = _I.scaled(_SHIFT) + _Y.scaled(RANGE)
    square = mean(_S, _D) - mean(_S).scaled(v)
    return _chain(
        "squared deviations, scaled",
        AVERAGING[2],
        *_SCALED,
        *_squares(v),
        link(
            "EU",
            equal(mean(_U), _ONE.scaled(centre)),
            [
                Multiple("U=a+RY", average, action_ones),
                Multiple("q1=1", _ONE.scaled(_SHIFT)),
                Multiple("EY=m", _ONE.scaled(RANGE)),
            ],
            "E u = a + R m",
        ),
        link(
            "EUU",
            equal(mean(_U, _U), _ONE.scaled(second)),
            [
                Multiple("U=a+RY", average, _U @ action_ones),
                Multiple("U=a+RY", average @ scale, action_ones),
                Multiple("q1=1", _ONE.scaled(_SHIFT**2)),
                Multiple("EY=m", _ONE.scaled(2 * _SHIFT * RANGE)),
                Multiple("EYY", _ONE.scaled(RANGE**2)),
            ],
            "E (a + R y)^2",
        ),
        link(
            "scaled",
            equal(signed(2), (2 * square).scaled(RANGE**2)),
            [
                Multiple("U=a+RY", average @ _SIGN, _U @ action_ones),
                Multiple("U=a+RY", average @ _SIGN @ scale, action_ones),
                Multiple("EU", -2 * mean(_SIGN, _U)),
                Multiple("U=a+RY", (average @ _SIGN).scaled(-2 * centre), action_ones),
                Multiple("EU", 2 * signs, mean(_U)),
                Multiple("EU", 2 * signs.scaled(centre)),
                Multiple("EUU", -signs),
                Multiple("D=(Y-m)^2", (average @ _SIGN).scaled(-(RANGE**2)), action_ones),
                Multiple("s=2S-1", average.scaled(RANGE**2), _D @ action_ones),
                Multiple("s=2S-1", average.scaled(-(RANGE**2) * v), action_ones),
                Multiple("ED=v", _ONE.scaled(-(RANGE**2))),
                Multiple("q1=1", _ONE.scaled(RANGE**2 * v)),
            ],
            "(u - E u)^2 - Var u = R^2 ((y - m)^2 - v), which averages to 0",
        ),
    )
