r"""The parameters of Sections 2 and A, their ranges, and the LaTeX they are printed as.

`gamma` is the discount, `p` the transition probability of the second example, and `left` the
probability of the action L at S3 (Appendix A calls it p in the first example).
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, Interval, closed_interval, open_interval
from dcpg_theory.exact.rational_functions import symbols

__all__ = [
    "DISCOUNT",
    "EXAMPLE_1",
    "EXAMPLE_2",
    "EXAMPLE_2_POLICIES",
    "NAMES_1",
    "NAMES_2",
    "OWN",
    "PROBABILITY",
    "free",
    "gamma",
    "left",
    "own",
    "p",
]

gamma, p, left = symbols("gamma", "p", "left")

# The discount of one task, and a bare gamma that belongs to none: a free symbol of a statement is
# read as standing for any number of its range.
own, free = symbols("gamma_i", "gamma")

DISCOUNT = open_interval(0, 1)
PROBABILITY = closed_interval(0, 1)

OWN = Box(gamma=DISCOUNT, gamma_i=DISCOUNT)
EXAMPLE_1 = Box(gamma=DISCOUNT, left=PROBABILITY)
EXAMPLE_2 = Box(gamma=DISCOUNT, p=Interval(Fraction(1, 2), Fraction(1), closed_upper=True))
EXAMPLE_2_POLICIES = EXAMPLE_2.replace(left=PROBABILITY)

NAMES_1 = {r"\gamma": gamma, "p": left}
NAMES_2 = {r"\gamma": gamma, "p": p}
