"""Names that a check is about: other names leave a statement undecided, never refuted or passed."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dcpg_theory.errors import Undecided
from dcpg_theory.exact.kernel import Kernel
from proofs_check.readings.wording import about, multiple_of_lambda, naming


def test_a_statement_that_names_the_object_is_judged():
    about(Kernel(r"\left\| \theta_i^k \right\| \leq 1"), r"\|\theta_i^k\|", r"\leq")


@pytest.mark.parametrize("other", [r"\|\theta_j^k\| \leq 1", r"\|\theta_i^k\| \geq 1", ""])
def test_a_statement_that_names_another_is_left_undecided(other):
    check = naming(lambda kernel: kernel.at_instance(1, "=", 1, {}), r"\|\theta_i^k\| \leq")
    with pytest.raises(Undecided, match="does not name"):
        check(Kernel(other))


def test_a_multiple_is_read_with_its_sizes():
    read = multiple_of_lambda(
        r"\frac{3\lambda N}{2|\mathcal{S}||\mathcal{A}|}", lambda lam, n, s, a, _: lam * n / (s * a)
    )
    assert read == Fraction(3, 2)


@pytest.mark.parametrize("printed", [r"\frac{\lambda N}{|\mathcal{S}|}", r"-\lambda N", "N"])
def test_what_is_no_positive_multiple_is_left_undecided(printed):
    with pytest.raises(Undecided):
        multiple_of_lambda(printed, lambda lam, n, *_: lam * n)
