"""Numbers as unevaluated sums of two float64, some 31 digits: for checks, not for iterations.

The error-free transformations are Knuth's sum and Dekker's product; see Hida, Li and Bailey,
*Algorithms for quad-double precision floating point arithmetic* (2001). They are exact only if each
operation rounds as it is written, so these functions are compiled without any licence.
"""

from __future__ import annotations

import math

from dcpg_theory.engine.compiled import compiled

__all__ = ["UNIT", "add", "divide", "exponential", "multiply"]

UNIT = 2.0**-100
"""A generous bound on the relative error of one operation."""

Pair = tuple[float, float]

_SPLITTER = 2.0**27 + 1
_LOG_2 = (6.931471805599453094e-01, 2.319046813846299558e-17)
_HALVINGS = 4
_TERMS = 14


@compiled
def _product(a: float, b: float) -> Pair:
    """Return a b exactly."""
    p = a * b
    t = _SPLITTER * a
    a_high = t - (t - a)
    a_low = a - a_high
    t = _SPLITTER * b
    b_high = t - (t - b)
    b_low = b - b_high
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


@compiled
def add(a: float, a_low: float, b: float, b_low: float) -> Pair:
    """Return a + b."""
    s = a + b
    t = s - a
    rest = (a - (s - t)) + (b - t)
    u = a_low + b_low
    t = u - a_low
    rest_low = (a_low - (u - t)) + (b_low - t)
    rest += u
    high = s + rest
    rest = rest - (high - s) + rest_low
    total = high + rest
    return total, rest - (total - high)


@compiled
def multiply(a: float, a_low: float, b: float, b_low: float) -> Pair:
    """Return a b."""
    p, rest = _product(a, b)
    rest += a * b_low + a_low * b
    high = p + rest
    return high, rest - (high - p)


@compiled
def divide(a: float, a_low: float, b: float, b_low: float) -> Pair:
    """Return a / b."""
    q = a / b
    p, p_low = multiply(q, 0.0, b, b_low)
    r, r_low = add(a, a_low, -p, -p_low)
    second = r / b
    p, p_low = multiply(second, 0.0, b, b_low)
    r, r_low = add(r, r_low, -p, -p_low)
    high = q + second
    return add(high, second - (high - q), r / b, 0.0)


@compiled
def exponential(x: float, x_low: float) -> Pair:
    """Return exp(x) of x <= 0, right to 4 + |x| UNIT: a Taylor series, squared."""
    if x < -745.0:
        return 0.0, 0.0
    k = math.floor(x / _LOG_2[0] + 0.5)
    p, p_low = multiply(k, 0.0, _LOG_2[0], _LOG_2[1])
    r, r_low = add(x, x_low, -p, -p_low)
    scale = 0.5**_HALVINGS
    r, r_low = r * scale, r_low * scale
    y, y_low = 1.0, 0.0
    for n in range(_TERMS, 0, -1):
        y, y_low = multiply(y, y_low, r, r_low)
        y, y_low = divide(y, y_low, float(n), 0.0)
        y, y_low = add(y, y_low, 1.0, 0.0)
    for _ in range(_HALVINGS):
        y, y_low = multiply(y, y_low, y, y_low)
    return math.ldexp(y, int(k)), math.ldexp(y_low, int(k))
