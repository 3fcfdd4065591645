"""The rules on sums and sequences hold, and each hypothesis is needed."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box, Interval, at_least, closed_interval
from dcpg_theory.exact.derived import norm_of, sum_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rulebook import RULES
from dcpg_theory.exact.rules import Context, Fact
from dcpg_theory.exact.sum_rules import SUM_RULES

s, c, t, K = symbols("s", "c", "t", "K")
BOX = Box(
    s=Interval(0, 1, closed_lower=True), c=at_least(0), t=closed_interval(-1, 1), K=at_least(1)
)
ONE = unit(SCALARS)
HERE = Atom("a[k]", SCALARS, SCALARS)
first, here, following, end = (
    Operator.of(Atom(f"a[{index}]", SCALARS, SCALARS)) for index in ("0", "k", "k+1", "K")
)


def use(rule: str, facts: dict[str, Fact], *, box: Box = BOX, **arguments: object) -> Fact:
    return SUM_RULES[rule].use(Context(dict(facts), box, {}, {}, set()), arguments)[""]


STEP = Fact(following, "<=", here.scaled(s) + ONE.scaled(c))
START = Fact(first, "<=", ONE.scaled(c / (1 - s)))


def contract(facts: dict[str, Fact], ratio=s, noise=c) -> Fact:
    return use(
        "contraction", facts, step="step", start="start", here=HERE, ratio=ratio, noise=noise
    )


def test_a_contracting_sequence_stays_below_its_limit() -> None:
    assert contract({"step": STEP, "start": START}).right == ONE.scaled(c / (1 - s))
    ratio, noise, value = Fraction(2, 3), Fraction(5), Fraction(0)
    for _ in range(50):
        assert value <= noise / (1 - ratio)
        value = ratio * value + noise


def test_without_a_start_below_the_bound_it_may_lie_above() -> None:
    """s = 1/2, c = 0, a[0] = 10: the bound would be 0."""
    for start in (Fact(first, "<=", ONE.scaled(c / (1 - s) + 1)), Fact(here, "<=", START.right)):
        with pytest.raises(CertificateRejected, match="start does not say"):
            contract({"step": STEP, "start": start})


def test_without_contraction_it_may_grow() -> None:
    """a[k+1] = 2 a[k] + 1 has no bound; the formula 1/(1 - 2) would even be negative."""
    two = RationalFunction.constant(2)
    step = Fact(following, "<=", here.scaled(two) + ONE.scaled(c))
    with pytest.raises(CertificateRejected, match="ratio < 1"):
        contract({"step": step, "start": START}, ratio=two)


def test_noise_must_not_be_negative() -> None:
    """With a[0] = c/(1 - s) < 0 the induction still holds; the rule does not need that case."""
    step = Fact(following, "<=", here.scaled(s) + ONE.scaled(t))
    with pytest.raises(CertificateRejected, match="noise >= 0"):
        contract({"step": step, "start": START}, noise=t)


def test_the_step_must_be_about_the_same_sequence() -> None:
    other = Operator.of(Atom("b[k+1]", SCALARS, SCALARS))
    with pytest.raises(CertificateRejected, match="step does not say"):
        contract({"step": Fact(other, "<=", STEP.right), "start": START})


def test_a_step_at_one_parameter_only_is_not_enough() -> None:
    with pytest.raises(CertificateRejected, match="step does not say"):
        contract({"step": Fact(STEP.left, "<=", STEP.right, True), "start": START})


def test_a_fact_that_ties_the_start_to_a_general_index_is_refused() -> None:
    """A step shown only where a[k] = a[0] is not a step for every k."""
    tie = Fact(here, "=", first)
    with pytest.raises(CertificateRejected, match="not for every k"):
        contract({"step": STEP, "start": START, "tie": tie})


def defined(index: str, value: Operator) -> tuple[str, Atom, Operator]:
    return f"e[{index}]", Atom(f"e[{index}]", "A", SCALARS), value


@pytest.mark.parametrize("same", [True, False])
def test_a_sequence_is_one_thing_at_all_indices(same: bool) -> None:
    """With e[k+1] and e[0] naming zero and e[k] anything, every vector would be small."""
    context = Context({}, BOX, {}, {}, set())
    theta = {i: Operator.of(Atom(f"theta[{i}]", "A", SCALARS)) for i in ("0", "k", "k+1")}
    zero = Operator.zero("A", SCALARS)
    e = {}
    for index, value in theta.items():
        name, atom, value = defined(index, value if same or index == "k" else zero)
        e[index] = Operator.of(atom)
        context.facts[name] = RULES["definition"].use(context, {"name": atom, "value": value})[""]
    now = norm_of(e["k"])
    context.facts["step"] = Fact(norm_of(e["k+1"]), "<=", now.scaled(s) + ONE.scaled(c))
    context.facts["start"] = Fact(norm_of(e["0"]), "<=", ONE.scaled(c / (1 - s)))
    arguments = {
        "step": "step", "start": "start", "here": next(now.atoms()), "ratio": s, "noise": c,
    }  # fmt: skip
    if same:
        assert SUM_RULES["contraction"].use(context, arguments)[""].left == now
        return
    with pytest.raises(CertificateRejected, match="at another index"):
        SUM_RULES["contraction"].use(context, arguments)


X = {i: Operator.of(Atom(f"x[{i}]", "A", SCALARS)) for i in ("0", "k", "k+1")}
NOTHING = Operator.zero("A", SCALARS)
STAYS, STARTS = Fact(X["k+1"], "=", X["k"]), Fact(X["0"], "=", NOTHING)


def vanish(facts: dict[str, Fact], here: Operator = X["k"]) -> Fact:
    return use("vanishing", facts, step="step", start="start", here=here)


def test_a_sequence_that_starts_at_zero_and_does_not_change_is_zero() -> None:
    assert vanish({"step": STAYS, "start": STARTS}) == Fact(X["k"], "=", NOTHING)


@pytest.mark.parametrize(
    "step",
    [
        Fact(X["k+1"], "<=", X["k"]),
        Fact(X["k+1"], "=", X["k"], True),
        Fact(X["k+1"], "=", X["0"]),
        Fact(X["k+1"], "=", X["k"] + Operator.of(Atom("one", "A", SCALARS))),
        Fact(X["k"], "=", X["k"]),
    ],
)
def test_a_sequence_that_may_change_does_not_vanish(step: Fact) -> None:
    with pytest.raises(CertificateRejected, match=r"step does not say|not for every k"):
        vanish({"step": step, "start": STARTS})


@pytest.mark.parametrize(
    "start",
    [
        Fact(X["0"], "<=", NOTHING),
        Fact(X["0"], "=", NOTHING, True),
        Fact(X["0"], "=", Operator.of(Atom("one", "A", SCALARS))),
        Fact(X["k"], "=", NOTHING, True),
    ],
)
def test_a_sequence_that_may_start_elsewhere_does_not_vanish(start: Fact) -> None:
    with pytest.raises(CertificateRejected, match="start does not say"):
        vanish({"step": STAYS, "start": start})


def test_only_a_sequence_vanishes_and_only_where_its_steps_are_for_every_k() -> None:
    with pytest.raises(CertificateRejected, match="not a sequence"):
        vanish({"step": STAYS, "start": STARTS}, X["0"])
    tie = Fact(X["k"], "=", X["0"])
    with pytest.raises(CertificateRejected, match="not for every k"):
        vanish({"step": STAYS, "start": STARTS, "tie": tie})


def test_every_rule_is_in_the_rulebook_with_a_statement_and_a_reference() -> None:
    for name, rule in SUM_RULES.items():
        assert RULES[name] is rule
        assert rule.statement
        assert rule.reference


def test_a_fact_for_every_index_adds_up() -> None:
    fact = use("sum", {"f": Fact(here, "<=", ONE.scaled(c))}, fact="f", index="k")
    assert fact == Fact(sum_of(here, "k"), "<=", ONE.scaled(K * c))


def test_an_empty_sum_is_not_below_another() -> None:
    strict = {"f": Fact(here, "<", following)}
    assert use("sum", strict, fact="f", index="k").relation == "<"
    for box in (Box(K=at_least(0)), Box(K=closed_interval(-1, 5))):
        with pytest.raises(CertificateRejected, match="to have a term"):
            use("sum", strict, box=box, fact="f", index="k")


def test_a_fact_at_one_point_adds_up_at_that_point() -> None:
    assert use("sum", {"f": Fact(here, "=", following, True)}, fact="f", index="k").pointwise


def test_neighbours_telescope() -> None:
    fact = use("telescope", {}, here=here)
    assert fact == Fact(sum_of(following - here, "k"), "=", end - first)
    values = [Fraction(n * n, 3) for n in range(5)]
    steps = [two - one for one, two in pairwise(values)]
    assert sum(steps) == values[-1] - values[0]


@pytest.mark.parametrize("sequence", [ONE, first, following, following - here])
def test_only_a_sequence_at_k_telescopes(sequence: Operator) -> None:
    """A constant c has no c[K]; the differences of a[k+1] - a[k] are not those of a[k]."""
    with pytest.raises(CertificateRejected, match=r"not a sequence|already"):
        use("telescope", {}, here=sequence)


def sequences() -> Context:
    return Context({}, BOX, {}, {}, set())


def define(context: Context, atom: Atom, value: Operator) -> None:
    context.facts[f"{atom}"] = RULES["definition"].use(context, {"name": atom, "value": value})[""]


def at(name: str, mark: str) -> Atom:
    return Atom(f"{name}[{mark}]", SCALARS, SCALARS)


@pytest.mark.parametrize("marks", [("k", "K"), ("k", "0"), ("k", "k+1")])
def test_a_sequence_is_not_defined_differently_at_its_ends(marks: tuple[str, str]) -> None:
    """With e[K] and e[0] the names of 0, every sum would telescope to 0: 0 = K for e[k] = k."""
    context = sequences()
    define(context, at("e", marks[0]), here)
    define(context, at("e", marks[1]), ONE)
    with pytest.raises(CertificateRejected, match="at another index"):
        SUM_RULES["telescope"].use(context, {"here": Operator.of(at("e", "k"))})


def test_a_sequence_may_be_named_alike_at_all_its_indices() -> None:
    context = sequences()
    for mark, value in (("k", here), ("k+1", following), ("0", first), ("K", end)):
        define(context, at("e", mark), value)
    e = {m: Operator.of(at("e", m)) for m in ("k", "k+1", "0", "K")}
    made = SUM_RULES["telescope"].use(context, {"here": e["k"]})[""]
    assert made == Fact(sum_of(e["k+1"] - e["k"], "k"), "=", e["K"] - e["0"])


def test_a_name_without_an_index_is_not_given_to_a_member() -> None:
    """With c the name of a[k], the sum over k would say K c = sum of a[k]: all a[k] are equal."""
    context = sequences()
    for value in (here, following, norm_of(Operator.of(Atom("x[k]", "A", SCALARS)))):
        with pytest.raises(CertificateRejected, match="its name must show"):
            define(context, Atom("c", SCALARS, SCALARS), value)
    with pytest.raises(CertificateRejected, match="its name must show"):
        define(context, at("c", "k"), Operator.of(Atom("b[j]", SCALARS, SCALARS)))
    define(context, Atom("total", SCALARS, SCALARS), sum_of(here, "k"))


def test_a_selection_among_members_is_a_member() -> None:
    context = sequences()
    copy = Atom("B", "SA", "S")
    average = Operator.of(Atom("Pi", "S", "SA"))
    context.facts["Pi>=0"] = Fact(Operator.zero("S", "SA"), "<=", average)
    context.facts["PiB"] = Fact(average @ Operator.of(copy), "=", unit("S"))
    arguments = {
        "values": Operator.of(Atom("q[k]", "SA", SCALARS)),
        "broadcast": copy,
        "averages": (average,),
        "selection": Atom("best", "S", "SA"),
    }
    with pytest.raises(CertificateRejected, match="its name must show"):
        RULES["greedy"].use(context, arguments)
    arguments["selection"] = Atom("best[k]", "S", "SA")
    assert RULES["greedy"].use(context, arguments)


def test_what_a_norm_is_made_of_already_stands_for_something() -> None:
    """From |x| <= 1 for a free x, naming any vector x must not make that vector short."""
    context = sequences()
    x = Atom("x", "A", SCALARS)
    context.facts["short"] = Fact(norm_of(Operator.of(x)), "<=", ONE)
    with pytest.raises(CertificateRejected, match="already stands"):
        define(context, x, Operator.of(Atom("y", "A", SCALARS)))


def test_a_derived_atom_cannot_be_introduced() -> None:
    total = next(sum_of(here, "k").atoms())
    with pytest.raises(CertificateRejected, match="is a sum"):
        define(sequences(), total, ONE)


def test_the_norm_of_a_sum_is_at_most_the_sum_of_the_norms() -> None:
    x = Operator.of(Atom("x[j]", "A", SCALARS))
    fact = use("sum triangle", {}, vector=x, index="j")
    assert fact == Fact(norm_of(sum_of(x, "j")), "<=", sum_of(norm_of(x), "j"))
    with pytest.raises(CertificateRejected, match="only a vector"):
        use("sum triangle", {}, vector=ONE, index="j")


def test_a_contracting_sequence_is_shifted_as_a_whole() -> None:
    """|x[k+1] - x[k]| at the next index is not |x[k+1] - x[k+1]|."""
    x = {m: Operator.of(Atom(f"x[{m}]", "A", SCALARS)) for m in ("k", "k+1")}
    gap = next(norm_of(x["k+1"] - x["k"]).atoms())
    arguments = {"step": "step", "start": "start", "ratio": s, "noise": c}
    with pytest.raises(CertificateRejected, match="already"):
        use("contraction", {"step": STEP, "start": START}, here=gap, **arguments)
