"""Trusted rules about sums over an index, and about sequences; `derived` says what indices mean.

A sum over k runs over 0 <= k < K, a sum over j over 1 <= j <= N. All facts about ``[k]`` hold for
every such k (a hypothesis that mentions ``[k]`` is one for every k), so they can be added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.derived import COUNTS, at_index, is_generic, marks_of, norm_of, sum_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rules import Context, Fact, Rule
from dcpg_theory.exact.signs import sign_on_box

__all__ = ["SUM_RULES", "need_generic", "need_one_definition"]


def summed(context: Context, *, fact: str, index: str) -> dict[str, Fact]:
    """Add a fact up over all values of an index."""
    source = context.fact(fact)
    left, right = sum_of(source.left, index), sum_of(source.right, index)
    if source.relation == "<" and not sign_on_box(symbols(COUNTS[index])[0], ">", context.box):
        raise CertificateRejected(f"the sum over {index} is not shown to have a term")
    return {"": Fact(left, source.relation, right, source.pointwise)}


def telescope(context: Context, *, here: Operator) -> dict[str, Fact]:
    """Add up the differences of neighbours in a sequence, given at [k]."""
    if not any(is_generic(atom, "k") for atom in here.atoms()):
        raise CertificateRejected(f"{here} is not a sequence at [k]")
    need_one_definition(context)
    steps = sum_of(at_index(here, "k+1") - here, "k")
    return {"": Fact(steps, "=", at_index(here, "K") - at_index(here, "0"))}


def sum_triangle(context: Context, *, vector: Operator, index: str) -> dict[str, Fact]:
    """Bound the norm of a sum over an index by the sum of the norms."""
    del context
    return {"": Fact(norm_of(sum_of(vector, index)), "<=", sum_of(norm_of(vector), index))}


def contraction(
    context: Context,
    *,
    step: str,
    start: str,
    here: Atom,
    ratio: RationalFunction,
    noise: RationalFunction,
) -> dict[str, Fact]:
    """Bound a sequence with a[k+1] <= ratio a[k] + noise and a[0] <= noise/(1 - ratio), for all k.

    `here` is the scalar a[k].
    """
    if "k" not in marks_of(here) or (here.codomain, here.domain) != (SCALARS, SCALARS):
        raise CertificateRejected(f"{here} is not a scalar sequence at [k]")
    if not (
        sign_on_box(ratio, ">=", context.box)
        and sign_on_box(1 - ratio, ">", context.box)
        and sign_on_box(noise, ">=", context.box)
    ):
        raise CertificateRejected("0 <= ratio < 1 and noise >= 0 are not shown")
    need_generic(context)
    need_one_definition(context)
    now, bound = Operator.of(here), unit(SCALARS).scaled(noise / (1 - ratio))
    following, first = at_index(now, "k+1"), at_index(now, "0")
    wanted_step = Fact(following, "<=", now.scaled(ratio) + unit(SCALARS).scaled(noise))
    _need_same(context.fact(step), wanted_step, step)
    _need_same(context.fact(start), Fact(first, "<=", bound), start)
    return {"": Fact(now, "<=", bound)}


def vanishing(context: Context, *, step: str, start: str, here: Operator) -> dict[str, Fact]:
    """Conclude from x[k+1] = x[k] and x[0] = 0 that x[k] = 0 for all k; `here` is x[k]."""
    if not any(is_generic(atom, "k") for atom in here.atoms()):
        raise CertificateRejected(f"{here} is not a sequence at [k]")
    need_generic(context)
    need_one_definition(context)
    zero = Operator.zero(here.codomain, here.domain)
    for name, wanted in (
        (step, Fact(at_index(here, "k+1"), "=", here)),
        (start, Fact(at_index(here, "0"), "=", zero)),
    ):
        if context.fact(name) != wanted:
            raise CertificateRejected(f"{name} does not say {wanted}")
    return {"": Fact(here, "=", zero)}


def _need_same(fact: Fact, wanted: Fact, name: str) -> None:
    strong = fact.relation in ("=", "<=", "<") and not fact.pointwise
    if not strong or (fact.left, fact.right) != (wanted.left, wanted.right):
        raise CertificateRejected(f"{name} does not say {wanted}")


def need_generic(context: Context) -> None:
    """Check that no fact ties a general index to a special one."""
    for name, fact in context.facts.items():
        marks = {
            mark for side in (fact.left, fact.right) for a in side.atoms() for mark in marks_of(a)
        }
        if marks & {"k", "k+1"} and marks & {"0", "K"}:
            raise CertificateRejected(f"{name} speaks of [0] and of [k], so it is not for every k")


def need_one_definition(context: Context) -> None:
    """Check that what was introduced for [k], [k+1], [0] and [K] is one thing at these indices.

    Otherwise ``e[k+1]`` could be the name of zero and ``e[k]`` that of anything.
    """
    for atom in context.introduced:
        mark = next((m for m in ("k+1", "k", "0", "K") if m in marks_of(atom)), None)
        if mark is None:
            continue
        name = atom.name.replace(f"[{mark}]", "[k]")
        general = Operator.of(Atom(name, atom.codomain, atom.domain))
        made = _values(context, Operator.of(atom))
        if not any(_moves_to(value, mark, made) for value in _values(context, general)):
            raise CertificateRejected(f"{atom} is not {general} at another index")


def _values(context: Context, atom: Operator) -> list[Operator]:
    """Return what an atom is known to equal."""
    facts = (fact for fact in context.facts.values() if not fact.pointwise)
    return [fact.right for fact in facts if fact.relation == "=" and fact.left == atom]


def _moves_to(value: Operator, mark: str, made: list[Operator]) -> bool:
    if any("k+1" in marks_of(atom) for atom in value.atoms()):
        return mark == "k" and value in made
    return at_index(value, mark) in made


_ALL = (
    Rule(
        "sum",
        "If l[k] <= r[k] for all k, then the sums over k compare alike; the same for = and <.",
        "Rudin, Principles of Mathematical Analysis (1976), Proposition 1.18",
        {"fact": str, "index": str},
        summed,
    ),
    Rule(
        "telescope",
        "The sum of a[k+1] - a[k] over 0 <= k < K is a[K] - a[0].",
        "Graham, Knuth and Patashnik, Concrete Mathematics (1994), Section 2.6",
        {"here": Operator},
        telescope,
    ),
    Rule(
        "sum triangle",
        "The norm of a sum is at most the sum of the norms.",
        "Horn and Johnson, Matrix Analysis (2013), Definition 5.1.1",
        {"vector": Operator, "index": str},
        sum_triangle,
    ),
    Rule(
        "contraction",
        "If 0 <= s < 1, c >= 0, a[0] <= c/(1 - s) and a[k+1] <= s a[k] + c for all k, then "
        "a[k] <= c/(1 - s) for all k.",
        "Induction on k; Ortega and Rheinboldt, Iterative Solution (1970), Section 12.1",
        {"step": str, "start": str, "here": Atom, "ratio": RationalFunction,
         "noise": RationalFunction},
        contraction,
    ),
    Rule(
        "vanishing",
        "If x[0] = 0 and x[k+1] = x[k] for all k, then x[k] = 0 for all k.",
        "Induction on k; Graham, Knuth and Patashnik, Concrete Mathematics (1994), Section 2.6",
        {"step": str, "start": str, "here": Operator},
        vanishing,
    ),
)  # fmt: skip

SUM_RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})
