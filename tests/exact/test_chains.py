from dataclasses import replace

import pytest
from small_chains import (
    AVERAGES,
    BOX,
    EYE,
    GREEDY,
    OPEN,
    G,
    K,
    Pick,
    R,
    V,
    X,
    bound,
    equal,
    given,
    greedy_dominates,
    less,
    nought,
    one,
    q,
    r,
    resolvent_derivative,
    u,
)

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box, closed_interval, open_interval
from dcpg_theory.exact.chains import (
    Chain,
    Differential,
    Hypothesis,
    Link,
    Multiple,
    RuleUse,
    verify_chain,
)
from dcpg_theory.exact.derived import norm_of
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rules import Fact
from dcpg_theory.exact.verdicts import Scope, Verdict

CHAINS = (bound, resolvent_derivative, greedy_dominates)
(FREE,) = symbols("c")


def concluding(*lines, box=BOX):
    return Chain("", box, lines, lines[-1].fact)


def refused(chain, match):
    with pytest.raises(CertificateRejected, match=match):
        verify_chain(chain)


@pytest.mark.parametrize("make", CHAINS)
def test_the_small_chains_verify_and_are_proved_universally(make):
    chain = make()
    assert verify_chain(chain).unused == ()
    evidence = Kernel().proof(chain)
    assert (evidence.verdict, evidence.scope) == (Verdict.PROVED, Scope.UNIVERSAL)
    evidence.replay()


def test_a_verified_chain_lists_what_it_rests_on():
    verified = verify_chain(bound())
    assert verified.hypotheses == ("K>=0", "K1=1", "1>0", "bellman", "r<=1")
    assert verified.rules == ("neumann",)
    assert verified.links == 3
    assert verified.introduced == ()
    assert verify_chain(greedy_dominates()).introduced == ("Pick",)


def test_lines_that_are_not_needed_are_named():
    idle = (given("idle", less(r, u)), Link("trivial", less(r, u), (Multiple("idle"),)))
    chain = replace(bound(), lines=(*idle, *bound().lines))
    assert verify_chain(chain).unused == ("idle", "trivial")


@pytest.mark.parametrize("make", CHAINS)
def test_no_line_is_used_before_it_stands(make):
    chain = make()
    refused(replace(chain, lines=tuple(reversed(chain.lines))), "missing link|already stands")
    last = replace(chain, lines=(chain.lines[-1], *chain.lines[:-1]))
    refused(last, f"missing link at {chain.lines[-1].name}")


def test_a_link_cannot_use_itself_or_a_circle():
    circular = Link("c", less(r, u), (Multiple("c"),))
    refused(concluding(circular), "no fact is called c")
    other = Link("d", less(r, u), (Multiple("e"),))
    back = Link("e", less(r, u), (Multiple("d"),))
    refused(concluding(other, back), "no fact is called e")


CLAIM = less(r, u)


@pytest.mark.parametrize(
    "hypothesis",
    [
        less(r, u),
        less(r - u, nought),
        less(r + V, u + V),
        less(2 * r, 2 * u),
        less(-u, -r),
        equal(r, u),
        equal(u, r),
        equal(3 * u, 3 * r),
        Fact(r, "<", u),
        less(X * r, X * u),
        less(FREE * r, FREE * u),
        Fact(r, "<=", u, pointwise=True),
    ],
)
def test_the_conclusion_is_no_hypothesis_in_any_disguise(hypothesis):
    apart = (given("a", less(r, V)), given("b", less(V, u)))
    last = Link("goal", CLAIM, (Multiple("a"), Multiple("b")))
    refused(concluding(given("h", hypothesis), *apart, last), "is the conclusion itself")


@pytest.mark.parametrize(
    "hypothesis",
    [
        less(u, r),
        less(-r, -u),
        less(r, V),
        less(K @ r, K @ u),
        less(G * r, u),
    ],
)
def test_other_hypotheses_are_not_taken_for_the_conclusion(hypothesis):
    apart = (given("a", less(r, V)), given("b", less(V, u)))
    last = Link("goal", CLAIM, (Multiple("a"), Multiple("b")))
    chain = concluding(given("h", hypothesis), *apart, last)
    if (hypothesis.left, hypothesis.right) == (r, V):
        chain = replace(chain, lines=(*apart, last))
    assert verify_chain(chain).links == 1


def test_a_weak_hypothesis_is_not_a_strict_conclusion():
    strict = Link("goal", Fact(r, "<", u), (Multiple("a"), Multiple("b")))
    lines = (given("a", Fact(r, "<", V)), given("b", less(V, u)), given("h", less(r, u)), strict)
    assert verify_chain(concluding(*lines)).unused == ("h",)


@pytest.mark.parametrize(
    ("because", "why"),
    [
        ((Multiple("h", -EYE),), "not shown to be >= 0"),
        ((Multiple("h", (G - 1) * EYE),), "not shown to be >= 0"),
        ((Multiple("h", (2 * G - 1) * EYE),), "not shown to be >= 0"),
        ((Multiple("h", FREE * EYE),), "no range given for c"),
        ((Multiple("h", K),), "multiplier K is >= 0"),
        ((Multiple("h", K @ R),), "multiplier (K|R) is >= 0"),
        ((Multiple("h", EYE, -unit(SCALARS)),), "not shown to be >= 0"),
        ((Multiple("h", EYE, EYE),), "does not compose"),
        ((Multiple("h", unit("T")),), "does not compose"),
        ((Multiple("x"),), "no fact is called x"),
        ((), "what is left over is"),
        ((Multiple("h"), Multiple("h")), "what is left over is"),
    ],
)
def test_a_link_with_a_bad_multiplier_is_refused(because, why):
    chain = concluding(given("h", less(r, u)), Link("goal", less(r - V, u - 2 * V), because))
    refused(chain, why)


def test_a_multiplier_at_one_point_proves_nothing_in_general():
    here = given("K>=0", less(Operator.zero("S", "S"), K, pointwise=True))
    used = (Multiple("h", K),)
    general = Link("goal", less(K @ r, K @ u), used)
    refused(concluding(here, given("h", less(r, u)), general), "multiplier K is >= 0")
    local = Link("goal", less(K @ r, K @ u, pointwise=True), used)
    assert verify_chain(concluding(here, given("h", less(r, u)), local)).unused == ()


def test_a_fact_at_one_point_is_not_promoted():
    here = given("h", less(r, V, pointwise=True))
    rest = given("b", less(V, u))
    refused(
        concluding(here, rest, Link("goal", CLAIM, (Multiple("h"), Multiple("b")))),
        "holds at one point only",
    )


def test_an_inequality_proves_no_equality_and_nothing_strict():
    lines = (given("a", less(r, V)), given("b", less(V, u)))
    because = (Multiple("a"), Multiple("b"))
    refused(concluding(*lines, Link("goal", equal(r, u), because)), "not an equality")
    refused(concluding(*lines, Link("goal", Fact(r, "<", u), because)), "nothing strict enters")


def test_strictness_survives_only_positive_multiples():
    lines = (given("K>=0", less(Operator.zero("S", "S"), K)), given("h", Fact(r, "<", u)))

    def scaled(factor, box):
        goal = Link("goal", Fact(factor * r, "<", factor * u), (Multiple("h", factor * EYE),))
        return replace(concluding(*lines, goal, box=box), conclusion=goal.fact)

    two = RationalFunction.constant(2)
    extra = Link("goal", Fact(2 * r + V, "<", 2 * u + V), (Multiple("h", two * EYE),))
    refused(concluding(*lines, extra), "is the conclusion itself")  # a scaled hypothesis
    zero_inside = scaled(G, BOX)  # g may be 0
    refused(zero_inside, "nothing strict enters")
    through = Link("goal", Fact(K @ r, "<", K @ u), (Multiple("h", K),))  # K may be 0
    refused(concluding(*lines, through), "nothing strict enters")


def test_a_coefficient_must_be_defined_on_the_whole_range():
    # g r = g u says nothing at g = 0, but times 1/g it would say r = u.
    premise = given("h", equal(G * r, G * (u + V)))
    cancel = Link("goal", equal(r, u + V), (Multiple("h", (1 / G) * EYE),))
    zero = given("zero", equal(V, nought))
    last = Link("end", equal(r, u), (Multiple("goal"), Multiple("zero", EYE)))
    refused(concluding(premise, cancel, zero, last, box=BOX), "not shown to be defined")
    assert verify_chain(concluding(premise, cancel, zero, last, box=OPEN)).unused == ()
    inner = 1 / (3 * G - 1)
    refused(concluding(given("h", equal(inner * r, u)), last, box=OPEN), "not shown to be defined")
    free = Link("goal", equal(r, u + V), (Multiple("h2", (1 / FREE) * EYE),))
    refused(concluding(given("h2", equal(FREE * r, FREE * (u + V))), free), "no range given for c")


@pytest.mark.parametrize("box", [Box(g=closed_interval(0, 1)), Box(g=open_interval(0, 2)), Box()])
def test_the_bound_needs_the_range_of_the_discount(box):
    refused(bound(box), "missing link")


def test_names_are_used_once():
    again = Hypothesis("bellman", less(r, u), "")
    refused(replace(bound(), lines=(*bound().lines, again)), "used twice")
    slope = Differential("bellman", Atom("K", "S", "S"), K, "")
    refused(replace(bound(), lines=(slope, *bound().lines)), "used twice")
    rule = RuleUse("n/left", "definition", {"name": Atom("Z", "S", "S"), "value": K})
    refused(replace(bound(), lines=(*bound().lines[:4], rule, *bound().lines[4:])), "used twice")
    other = given("other", equal(Operator.of(Atom("K", "T", "T")), unit("T")))
    refused(replace(bound(), lines=(other, *bound().lines)), "two atoms are called K")


def test_spaces_of_a_fact_must_agree():
    with pytest.raises(CertificateRejected, match="different spaces"):
        less(r, K)
    with pytest.raises(CertificateRejected, match="must be =, <= or <"):
        Fact(r, ">=", u)


def test_the_statement_offered_must_be_the_conclusion():
    kernel = Kernel()
    for other in (
        less(V, 2 * X * one),
        Fact(V, "<", X * one),
        equal(V, X * one),
        less(V, X * one, pointwise=True),
    ):
        assert kernel.proof(bound(), other).verdict is Verdict.UNDECIDED
        refused(replace(bound(), conclusion=other), "missing link: no line concludes")


def test_a_chain_may_be_offered_for_no_statement_in_particular():
    assert Kernel().proof(bound()).verdict is Verdict.PROVED
    gap = replace(bound(), lines=bound().lines[:-1])
    assert Kernel().proof(gap).verdict is Verdict.UNDECIDED


def test_a_gap_leaves_the_statement_open():
    chain = replace(bound(), lines=tuple(x for x in bound().lines if x.name != "r<=1"))
    evidence = Kernel().proof(chain)
    assert evidence.verdict is Verdict.UNDECIDED
    assert "missing link at V<=X: no fact is called r<=1" in evidence.detail


def test_what_is_assumed_of_a_selection_is_reported():
    about = given("about", less(Pick @ q, r))
    last = Link(
        "goal",
        less(Operator.of(Atom("Pi", "S", "A")) @ q, r),
        (Multiple("pick/dominates-0"), Multiple("about")),
    )
    chain = concluding(*AVERAGES, GREEDY, about, last)
    assert verify_chain(chain).selective == ("about",)
    assert "assumed of a selection: about" in Kernel().proof(chain).detail
    assert verify_chain(greedy_dominates()).selective == ()


def test_only_lines_are_lines():
    refused(replace(bound(), lines=(*bound().lines, "trust me")), "is not a line")


@pytest.mark.parametrize(
    "position", [k for k, line in enumerate(bound().lines) if isinstance(line, Link)]
)
def test_a_tampered_link_does_not_replay(position):
    chain = bound()
    evidence = Kernel().proof(chain)
    line = chain.lines[position]
    before = line.because
    object.__setattr__(line, "because", before[1:])
    try:
        with pytest.raises(CertificateRejected, match="replays as"):
            evidence.replay()
    finally:
        object.__setattr__(line, "because", before)
    evidence.replay()


def test_two_atoms_are_not_called_alike_inside_what_is_made_of_them():
    """A norm is not an ordinary scalar of the same name, nor the norm of another x."""
    x, same = (Operator.of(Atom("x", space, SCALARS)) for space in ("S", "T"))
    plain = Operator.of(Atom("|x|", SCALARS, SCALARS))
    for other in (plain, norm_of(same)):
        last = Link("last", equal(norm_of(x) - norm_of(x), other - other))
        lines = (given("first", less(norm_of(x), other)), last)
        with pytest.raises(CertificateRejected, match="two atoms are called"):
            verify_chain(Chain("", Box(), lines, last.fact))


def test_what_is_made_of_others_has_no_derivative_of_its_own():
    atom = next(norm_of(u).atoms())
    zero = Operator.zero(SCALARS, SCALARS)
    last = Link("last", equal(zero, zero))
    lines = (Differential("moves", atom, zero, "not at all"), last)
    with pytest.raises(CertificateRejected, match="moves as"):
        verify_chain(Chain("", Box(), lines, last.fact))
