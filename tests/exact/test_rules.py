from fractions import Fraction

import numpy as np
import pytest
from small_chains import (
    AVERAGES,
    BOX,
    BROADCAST,
    EYE,
    GREEDY,
    INVERSE,
    NEUMANN,
    ONES,
    PI,
    PICK,
    STOCHASTIC,
    B,
    K,
    Pi,
    Pick,
    R,
    column,
    equal,
    given,
    greedy_dominates,
    less,
    nought,
    one,
    q,
    r,
    resolvent_derivative,
    stochastic,
    u,
)

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box, closed_interval, open_interval
from dcpg_theory.exact.chains import Chain, Differential, Link, RuleUse, facts_of
from dcpg_theory.exact.interpretations import violations
from dcpg_theory.exact.linear_algebra import determinant, inverse
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, evaluate
from dcpg_theory.exact.rational_functions import as_fmpq, symbols
from dcpg_theory.exact.rules import RULES, Fact, Rule

F = Fraction
(T,) = symbols("t")


def chain(*lines, box=BOX):
    trivial = Link("trivial", equal(EYE, EYE))
    return Chain("", box, (*lines, trivial), trivial.fact)


def refused(*lines, match, box=BOX):
    with pytest.raises(CertificateRejected, match=match):
        facts_of(chain(*lines, box=box))


def resolvent(kernel, discount):
    kernel = as_array(kernel, NumberKind.RATIONAL)
    eye = as_array(np.eye(len(kernel), dtype=int), NumberKind.RATIONAL)
    return eye - kernel * as_fmpq(discount)


def without(lines, name):
    kept = tuple(line for line in lines if line.name != name)
    assert len(kept) == len(lines) - 1
    return kept


def test_the_trusted_rules_are_listed_and_cannot_be_added_to():
    assert sorted(RULES) == [
        "antisymmetry",
        "definition",
        "derivative",
        "greedy",
        "mean_value",
        "neumann",
    ]
    assert all(rule.reference and rule.statement for rule in RULES.values())
    with pytest.raises(TypeError):
        RULES["mine"] = Rule("mine", "", "", {}, lambda _: {})
    refused(RuleUse("x", "mine", {}), match="no rule is called mine")


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {**NEUMANN.arguments, "more": 1},
        {**NEUMANN.arguments, "discount": 0.5},
        {**NEUMANN.arguments, "kernel": "K"},
        {**NEUMANN.arguments, "inverse": R},
    ],
)
def test_arguments_are_checked(arguments):
    refused(*STOCHASTIC, RuleUse("n", "neumann", arguments), match="needs|must be of type")


# Neumann


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("discount", [F(0), F(1, 3), F(19, 20)])
def test_neumann_holds_for_stochastic_kernels(size, discount):
    kernel = stochastic(np.random.default_rng(size), size)
    values = {
        Atom("K", "S", "S"): kernel,
        INVERSE: inverse(resolvent(kernel, discount)),
        ONES: column(*[1] * size),
    }
    assert violations(chain(*STOCHASTIC, NEUMANN), values, {"S": size}, {"g": discount}) == ()


def test_neumann_needs_a_non_negative_kernel():
    kernel = [[F(2), F(-1)], [F(0), F(1)]]  # its rows sum to one
    assert determinant(resolvent(kernel, F(1, 2))) == 0
    assert min(inverse(resolvent(kernel, F(1, 4))).flat) < 0
    refused(*without(STOCHASTIC, "K>=0"), NEUMANN, match="non-negative")


def test_neumann_needs_rows_that_sum_to_one():
    assert inverse(resolvent([[F(4)]], F(1, 2)))[0, 0] < 0
    assert determinant(resolvent([[F(2)]], F(1, 2))) == 0
    refused(*without(STOCHASTIC, "K1=1"), NEUMANN, match="sum to one")
    refused(
        *without(STOCHASTIC, "K1=1"),
        given("K1<=1", less(K @ one, one)),
        NEUMANN,
        match="sum to one",
    )


def test_neumann_needs_a_positive_vector_of_ones():
    # With 0 for the ones, every kernel passes for stochastic: K = 4, g = 1/2 as above.
    refused(*without(STOCHASTIC, "1>0"), NEUMANN, match="positive")
    refused(
        *without(STOCHASTIC, "1>0"), given("1>=0", less(nought, one)), NEUMANN, match="positive"
    )
    assert inverse(resolvent([[F(4), F(0)], [F(0), F(1)]], F(1, 2)))[0, 0] < 0  # ones = (0, 1)


@pytest.mark.parametrize(
    "box",
    [
        Box(g=closed_interval(0, 1)),
        Box(g=open_interval(F(-1, 2), 1)),
        Box(g=open_interval(0, 2)),
    ],
)
def test_neumann_needs_a_discount_below_one(box):
    swap = [[F(0), F(1)], [F(1), F(0)]]
    assert determinant(resolvent(swap, F(1))) == 0
    assert min(inverse(resolvent(swap, F(-1, 4))).flat) < 0
    assert min(inverse(resolvent(swap, F(3, 2))).flat) < 0
    refused(*STOCHASTIC, NEUMANN, box=box, match=r"not shown to lie in \[0, 1\)")


def test_neumann_needs_a_range_for_the_discount():
    refused(*STOCHASTIC, NEUMANN, box=Box(), match="no range given for g")


def test_neumann_takes_facts_at_one_point_for_none():
    for name in ("K>=0", "K1=1", "1>0"):
        lines = [
            given(line.name, Fact(line.fact.left, line.fact.relation, line.fact.right, True))
            if line.name == name
            else line
            for line in STOCHASTIC
        ]
        refused(*lines, NEUMANN, match="no established fact")


@pytest.mark.parametrize(
    "before",
    [
        given("about R", less(R @ one, one)),
        Differential("dR", INVERSE, R, ""),
        Differential("dK", Atom("K", "S", "S"), R, ""),
        Link("trivial R", equal(R, R)),
        given("other spaces", equal(Operator.of(Atom("R", "T", "T")), Operator.zero("T", "T"))),
    ],
)
def test_an_introduced_atom_must_be_new(before):
    refused(*STOCHASTIC, before, NEUMANN, match="already stands for something")


def test_an_introduced_atom_is_not_introduced_again():
    again = RuleUse("m", "neumann", NEUMANN.arguments)
    refused(*STOCHASTIC, NEUMANN, again, match="already stands for something")
    named = RuleUse("n", "neumann", {**NEUMANN.arguments, "inverse": Atom("K", "S", "S")})
    refused(*STOCHASTIC, named, match="already stands for something")
    spaces = RuleUse("n", "neumann", {**NEUMANN.arguments, "inverse": Atom("Z", "S", "T")})
    refused(*STOCHASTIC, spaces, match="different spaces")


# Greedy


def interpretation(rng):
    """Two states with two and three actions."""
    rows = rng.integers(0, 5, 5).astype(object) + F(1)
    average = np.array([[*rows[:2], 0, 0, 0], [0, 0, *rows[2:]]], dtype=object)
    average = average / average.sum(axis=1, keepdims=True)
    copies = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]], dtype=object)
    values = [F(int(x), 3) for x in rng.integers(-9, 9, 5)]
    pick = np.zeros((2, 5), dtype=object)
    pick[0, max(range(2), key=values.__getitem__)] = 1
    pick[1, max(range(2, 5), key=values.__getitem__)] = 1
    return {
        PI: average,
        BROADCAST: copies,
        Atom("q", "A", SCALARS): column(*values),
        PICK: pick,
        Atom("u", "S", SCALARS): column(2, -3),
    }


@pytest.mark.parametrize("seed", range(5))
def test_greedy_holds_for_averages(seed):
    values = interpretation(np.random.default_rng(seed))
    assert violations(greedy_dominates(), values, {"S": 2, "A": 5}) == ()


def test_greedy_needs_averages_that_are_non_negative_and_sum_to_one():
    # One state, two actions with values (0, 1): the largest entry is 1.
    for average in ([F(-1), F(2)], [F(0), F(2)]):
        assert average[1] > 1
    refused(AVERAGES[1], GREEDY, match="an average is >= 0")
    refused(AVERAGES[0], GREEDY, match="it averages")


def test_greedy_needs_an_average_to_choose_from():
    # With no average known, B = 0 is allowed, and no selection has Pick B = EYE.
    empty = RuleUse("pick", "greedy", {**GREEDY.arguments, "averages": ()})
    refused(*AVERAGES, empty, match="one or more")


def test_greedy_chooses_nothing_from_itself():
    # One state, two actions, values q = -(B Pick) (0, 1): whichever is picked, the other is larger.
    for index in range(2):
        pick = np.array([[F(1 - index), F(index)]])
        values = -(pick.T * 1)
        assert (pick @ values)[0, 0] < max(values.flat)
    own = RuleUse("pick", "greedy", {**GREEDY.arguments, "values": q - B @ Pick @ q})
    refused(*AVERAGES, own, match="already stands for something")


def test_a_selection_is_not_differentiated():
    slope = Operator.of(Atom("Pick'", "S", "A"))
    refused(*AVERAGES, GREEDY, Differential("jump", PICK, slope, ""), match="may jump")


# Derivative


def test_the_derivative_of_an_identity_holds():
    kernel = as_array([[1 - T, T], [T**2, 1 - T**2]], NumberKind.SYMBOLIC)
    half = F(1, 2)
    found = inverse(as_array(np.eye(2, dtype=int), NumberKind.SYMBOLIC) - kernel * half)

    def slope(matrix):
        return np.array([[f.derivative("t") for f in row] for row in matrix], dtype=object)

    values = {
        Atom("K", "S", "S"): kernel,
        INVERSE: found,
        ONES: column(1, 1),
        Atom("K'", "S", "S"): slope(kernel),
        Atom("R'", "S", "S"): slope(found),
    }
    where = {"at": F(1, 3)}
    assert violations(resolvent_derivative(), values, {"S": 2}, {"g": half}, **where) == ()
    values[Atom("K'", "S", "S")] = slope(kernel) * 2
    assert "dK" in violations(resolvent_derivative(), values, {"S": 2}, {"g": half}, **where)


V_SLOPE = (
    Differential("dK", Atom("K", "S", "S"), Operator.zero("S", "S"), ""),
    Differential("d1", ONES, nought, ""),
)


def test_only_identities_at_all_parameters_are_differentiated():
    use = RuleUse("d", "derivative", {"fact": "f"})
    # t = 0 at t = 0 only, and 0 <= t^2 with derivative 2 t < 0 for t < 0.
    refused(*V_SLOPE, given("f", equal(K @ one, one, pointwise=True)), use, match="not an identity")
    refused(*V_SLOPE, given("f", less(K @ one, one)), use, match="not an identity")
    refused(*V_SLOPE, use, match="no fact is called f")
    assert "d" in facts_of(chain(*V_SLOPE, given("f", equal(K @ one, one)), use))


def test_every_factor_needs_a_declared_derivative():
    use = RuleUse("d", "derivative", {"fact": "f"})
    identity = given("f", equal(K @ one, one))
    for name in ("dK", "d1"):
        refused(*without(V_SLOPE, name), identity, use, match="no derivative is declared")
    refused(*V_SLOPE, V_SLOPE[0].__class__("again", ONES, one, ""), match="declared twice")
    refused(Differential("d", ONES, K, ""), match="between other spaces")


# Antisymmetry and definition


def test_antisymmetry_needs_both_directions():
    below, above = given("a", less(r, u)), given("b", less(u, r))
    use = RuleUse("e", "antisymmetry", {"below": "a", "above": "b"})
    assert facts_of(chain(below, above, use))["e"] == equal(r, u)
    refused(below, given("b", less(r, u)), use, match="not opposite")  # 0 <= 1 twice, but 0 != 1
    refused(below, use, match="no fact is called b")
    at_a_point = given("b", less(u, r, pointwise=True))
    assert facts_of(chain(below, at_a_point, use))["e"].pointwise


def test_a_definition_names_something_new():
    name = Atom("Z", "S", SCALARS)
    use = RuleUse("z", "definition", {"name": name, "value": K @ r})
    assert facts_of(chain(use))["z"] == equal(Operator.of(name), K @ r)
    itself = {"name": name, "value": 2 * Operator.of(name) + one}  # Z = -1 only
    refused(RuleUse("z", "definition", itself), match="already stands")
    refused(given("h", less(r, Operator.of(name))), use, match="already stands")


def test_what_is_defined_by_a_selection_is_one_too():
    name = Atom("Z", "S", SCALARS)
    use = RuleUse("z", "definition", {"name": name, "value": Pick @ q})
    jump = Differential("jump", name, r, "")
    refused(*AVERAGES, GREEDY, use, jump, match="may jump")


def test_counterexamples_are_evaluated_by_the_same_matrices():
    found = evaluate(Pi @ B, interpretation(np.random.default_rng(0)), {"S": 2, "A": 5})
    assert (found == np.eye(2, dtype=int)).all()
