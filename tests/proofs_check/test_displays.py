import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.rational_functions import symbols
from proofs_check.readings.displays import Reader, sides

(W,) = symbols("w")
WEIGHTS = {(0, 0): W, (0, 1): 2, (1, 0): 3, (1, 1): 5}


def policy(action, state):
    return WEIGHTS[state, action] / (WEIGHTS[state, 0] + WEIGHTS[state, 1]) * (W / W)


LEAVES = {
    r"\exp(\theta_{<s>,<a>})": lambda s, a: WEIGHTS[s, a] * (W / W),
    r"\pi_\theta(<a> | <s>)": policy,
    r"f(<s>)": lambda s: s + 1,
    r"d(<s>)": lambda s: (s + 1) * (W / W),
    r"\mathbb{1}[<s> = <t>]": lambda s, t: int(s == t),
    r"\gamma": lambda: W / 2,
}


def reader(direction=(0, 0)):
    return Reader(
        {"s": (0, 1), r"\mathcal{S}": (0, 1), "a": (0, 1)}, LEAVES, direction, "w"
    ).knowing_theta()


def test_a_sum_binds_the_rest_of_its_term_and_no_more():
    assert reader().read(r"\sum_{s} f(s) f(s) + 1") == 6
    assert reader().read(r"\sum_{s} (f(s) + 1)") == 5
    assert reader().read(r"\frac{1}{3} \sum_{s \in \mathcal{S}} f(s)") == 1


def test_sums_nest_and_primes_are_other_indices():
    assert reader().read(r"\sum_{s} \sum_{s'} f(s) f(s')") == 9
    assert reader().read(r"\sum_{s'} f(s) f(s')", s=1) == 6
    assert reader().read(r"\sum_{s'} \mathbb{1}[s' = s] f(s')", s=1) == 2


def test_an_expectation_weighs_with_its_law():
    assert reader().read(r"\mathbb{E}_{s' \sim d} [f(s')]") == 5
    assert reader().read(r"\mathbb{E}_{a' \sim \pi_\theta(\cdot | s)} [1]", s=0) == 1


def test_an_expectation_without_a_law_is_refused():
    with pytest.raises(InvalidInput, match="not named"):
        reader().read(r"\mathbb{E}_{s' \in \mathcal{S}} [f(s')]")


def test_a_set_that_is_not_known_is_refused():
    with pytest.raises(InvalidInput, match="not known"):
        reader().read(r"\sum_{s \in \mathcal{S}_j} f(s)")
    with pytest.raises(InvalidInput, match="does not start at 0"):
        reader().read(r"\sum_{k=1}^{\infty} f(s)", s=0)


def test_symbols_without_an_index_are_put_in():
    assert reader().read(r"2 \gamma") == W
    assert reader().read(r"\gamma^2") == W**2 / 4


@pytest.mark.parametrize(
    "display",
    [
        r"\frac{\partial \pi_\theta(a | s)}{\partial \theta_{s,a}}",
        r"\frac{\partial}{\partial \theta_{s,a}} \pi_\theta(a | s)",
        r"\nabla_\theta \pi_\theta(a | s)",
        r"\pi_\theta(a | s) \nabla_\theta \ln \pi_\theta(a | s)",
        r"\pi_\theta(a | s) \frac{\partial}{\partial \theta_{s,a}} "
        r"\left(\theta_{s,a} - \ln \sum_{a''} \exp(\theta_{s,a''})\right)",
    ],
)
def test_all_ways_to_print_a_derivative_agree(display):
    assert reader().read(display, s=0, a=0) == 2 * W / (W + 2) ** 2


def test_a_derivative_along_another_theta_is_refused():
    with pytest.raises(InvalidInput, match="no derivative along"):
        reader((1, 1)).read(r"\frac{\partial \pi_\theta(a | s)}{\partial \theta_{s,a}}", s=0, a=0)


def test_a_bound_index_is_not_confused_with_a_random_variable():
    leaves = {r"P(s_i^k = <t> | <s>)": lambda t, s: (t + 1) * (s + 3), r"V_i(<s>)": lambda s: s}
    read = Reader({"s": (0, 1)}, leaves).read
    assert read(r"\sum_{s'_i} P(s_i^k = s'_i | s_i) V_i(s'_i)", s_i=0) == 6


def test_what_cannot_be_read_is_refused():
    with pytest.raises(InvalidInput, match="cannot read"):
        reader().read(r"\sum_{s} unknown(s)")


def test_sides_are_split_outside_brackets_only():
    assert sides(r"a = \sum_{k=0} b = c[x = y]") == ["a ", r" \sum_{k=0} b ", " c[x = y]"]
    assert sides(r"= b") == [" b"]
