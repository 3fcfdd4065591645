r"""Sums of products of bounded numbers, for any number of actions, in the entrywise order.

Space ``A``: the actions of one state. Atoms: ``1`` : 1 -> A the ones, ``q`` : A -> 1 the average
over the policy, and letters, diagonal operators ``X`` on A with ``-c I <= X <= c I``, which says
that every entry has absolute value at most c. A sum of absolute values is the largest value of a
sum with a sign s_a, |s_a| <= 1, in front of each term, so the signs are the diagonal of a letter.

The one inequality is (a - X)(b + Y) + (a + X)(b - Y) >= 0, that is X Y <= a b.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import Chain, Line, Multiple, RuleUse, verify_chain
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, Word, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rules import Fact
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative

__all__ = [
    "AVERAGING",
    "SIGNED_TABLE",
    "action_ones",
    "average",
    "letter",
    "mean",
    "sum_at_most",
    "variance_at_most",
]

_ONES, _AVERAGE = Atom("1", "A", SCALARS), Atom("q", SCALARS, "A")
action_ones, average = Operator.of(_ONES), Operator.of(_AVERAGE)
_HALF, _ONE = RationalFunction.constant(Fraction(1, 2)), RationalFunction.constant(1)

# s_{aa'} pi(a'|s) with |s_{aa'}| <= 1: one sign for each pair of actions.
_TABLE = Atom("K", "A", "A")
SIGNED_TABLE = Operator.of(_TABLE)

AVERAGING: tuple[Line, ...] = (
    hypothesis("1>=0", nonnegative(action_ones), "the entries of 1 are positive"),
    hypothesis("q>=0", nonnegative(average), "probabilities are not negative"),
    hypothesis("q1=1", equal(average @ action_ones, unit(SCALARS)), "probabilities sum to one"),
)


def letter(name: str) -> Operator:
    """Return the diagonal operator of a bounded function of the action."""
    return Operator.of(Atom(name, "A", "A"))


def mean(*letters: Operator) -> Operator:
    """Return sum_a pi(a|s) times the letters' entries at a."""
    total = average
    for each in letters:
        total = total @ each
    return total @ action_ones


@dataclass
class _Prover:
    """Bounds words letter by letter, from the right; what is proved once is not proved again.

    `sizes` are the bounds of the letters, `known` those of whole words that are given.
    """

    sizes: Mapping[str, RationalFunction]
    known: Mapping[Word, RationalFunction]
    lines: list[Line] = field(default_factory=lambda: list(AVERAGING))
    made: dict[Word, RationalFunction] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def bound(self, word: Word) -> RationalFunction:
        """Add the lines that bound a word by a multiple of the ones, and return the multiple."""
        if word in self.made:
            return self.made[word]
        if word in self.known:
            size = self._introduce(word, named=False)
        elif not word:
            return _ONE
        else:
            size = self._longer(word)
        self.made[word] = size
        return size

    def _facts(self, word: Word, size: RationalFunction) -> dict[str, Fact]:
        value = _product(word)
        top = (action_ones if word[0].codomain == "A" else unit(SCALARS)).scaled(size)
        return {"low": less(-top, value), "high": less(value, top)}

    def _split(self, word: Word) -> tuple[Word, Word]:
        """Return the first factor, a letter or a number that is given, and the rest."""
        for head in self.known:
            if word[: len(head)] == head:
                return head, word[len(head) :]
        return word[:1], word[1:]

    def _longer(self, word: Word) -> RationalFunction:
        head, rest = self._split(word)
        size = self.bound(rest) if rest != (_ONES,) else _ONE
        if head not in ((_ONES,), (_AVERAGE,)):
            size = size * self._introduce(head, named=rest != (_ONES,))
        for side, fact in self._facts(word, size).items():
            self.lines.append(link(_name(word, side), fact, self._because(head, rest, side, size)))
        return size

    def _introduce(self, head: Word, *, named: bool) -> RationalFunction:
        """Add the bounds of a factor X, and names for c - X and c + X, which are not negative."""
        value, space = _product(head), head[0].codomain
        size = self.known.get(head, self.sizes.get(head[0].name, _ONE))
        top, words = unit(space).scaled(size), f"its absolute value is at most {size}"
        if head == (_TABLE,):
            top, words = action_ones @ average, "a sign times a probability, for each pair"
        for sign, side, gap in (("+", "low", top + value), ("-", "high", top - value)):
            name = _named(head, sign)
            fact = less(-top, value) if side == "low" else less(value, top)
            self._add(hypothesis(_name(head, side), fact, words))
            if named:
                self._add(RuleUse(f"def {name}", "definition", {"name": name, "value": gap}))
                uses = [Multiple(_name(head, side)), Multiple(f"def {name}", -unit(space))]
                self._add(link(f"{name}>=0", nonnegative(Operator.of(name)), uses))
        return size

    def _add(self, line: Line) -> None:
        if line.name not in self.seen:
            self.seen.add(line.name)
            self.lines.append(line)

    def _because(
        self, head: Word, rest: Word, side: str, size: RationalFunction
    ) -> list[Multiple | str]:
        whole = [Multiple("q1=1", action_ones)] if head == (_TABLE,) else []
        if rest == (_ONES,):
            return [Multiple(_name(head, side), None, action_ones), *whole]
        if head == (_ONES,):
            return [Multiple(_name(rest, side), action_ones)]
        if head == (_AVERAGE,):
            total = Multiple("q1=1", unit(SCALARS).scaled(size))
            return [Multiple(_name(rest, side), average), total]
        return self._two_factors(head, rest, side)

    def _two_factors(self, head: Word, rest: Word, side: str) -> list[Multiple | str]:
        """Half of (a - X)(b + Y) + (a + X)(b - Y) above, of (a + X)(b + Y) + (a - X)(b - Y) below."""
        size, space, value = self.made[rest], head[0].codomain, _product(rest)
        top = (action_ones if space == "A" else unit(SCALARS)).scaled(size)
        gaps = {"low": top + value, "high": top - value}
        signs = ("+", "-") if side == "low" else ("-", "+")
        uses: list[Multiple | str] = []
        for sign, which in zip(signs, ("low", "high"), strict=True):
            name = _named(head, sign)
            uses += [
                Multiple(_name(rest, which), Operator.of(name).scaled(_HALF)),
                Multiple(f"def {name}", unit(space).scaled(_HALF), gaps[which]),
            ]
        if head == (_TABLE,):
            uses.append(Multiple("q1=1", action_ones.scaled(size)))
        return uses


def _product(word: Word) -> Operator:
    return Operator(word[0].codomain, word[-1].domain, {word: _ONE})


def _named(head: Word, sign: str) -> Atom:
    """Return the name of c + X or c - X."""
    space = head[0].codomain
    return Atom(f"c{sign}{_shown(head)}", space, space)


def _shown(word: Word) -> str:
    return " ".join(map(str, word))


def _name(word: Word, side: str) -> str:
    return f"{_shown(word)} {side}"


def sum_at_most(
    title: str,
    total: Operator,
    box: Box,
    sizes: Mapping[str, RationalFunction] | None = None,
    known: Mapping[Operator, RationalFunction] | None = None,
) -> Chain:
    """Return the chain that bounds a number by the sum of its terms' bounds.

    Parameters
    ----------
    title : what is proved
    total : Operator from scalars to scalars; its coefficients must be rational numbers
    box : the ranges of the scalars in `sizes` and `known`
    sizes : bounds of the letters, 1 where none is given
    known : bounds of words of letters that are given
    """
    given = {next(iter(word.terms)): size for word, size in (known or {}).items()}
    prover = _Prover(sizes or {}, given)
    uses: list[Multiple | str] = []
    size = _ONE - _ONE
    for word, coefficient in total.terms.items():
        factor = abs(Fraction(str(coefficient)))
        size = size + prover.bound(word) * factor
        side = "high" if Fraction(str(coefficient)) > 0 else "low"
        uses.append(Multiple(_name(word, side), unit(SCALARS).scaled(factor * _ONE)))
    last = link("sum", less(total, unit(SCALARS).scaled(size)), uses, "add up the terms' bounds")
    chain = Chain(title, box, (*prover.lines, last), last.fact)
    spare = set(verify_chain(chain).unused)
    return replace(chain, lines=tuple(line for line in chain.lines if line.name not in spare))


def variance_at_most(radius: RationalFunction, centre: RationalFunction, box: Box) -> Chain:
    """Show E u^2 - (E u)^2 <= radius^2 if |u_a - centre| <= radius for all actions (Popoviciu)."""
    u, d = letter("U"), letter("D")
    squares = sum_at_most("squares", mean(d, d), box, {"D": radius})
    m, e, one = mean(u), mean(d), unit(SCALARS)
    same = "U=D+c"
    last = link(
        "variance",
        less(mean(u, u) - m @ m, one.scaled(radius**2)),
        [
            "sum",
            "square",
            Multiple(same, average, u @ action_ones),
            Multiple(same, average @ d, action_ones),
            Multiple(same, -average, action_ones @ e),
            Multiple("q1=1", one.scaled(-centre), e),
            Multiple(same, -(m @ average), action_ones),
            Multiple("q1=1", -m.scaled(centre)),
        ],
        "the variance of u is that of u - c, which is at most E (u - c)^2",
    )
    lines = (
        *squares.lines,
        hypothesis(same, equal(u, d + unit("A").scaled(centre)), "D holds the entries u_a - c"),
        hypothesis("square", nonnegative(e @ e), "a square is not negative"),
        last,
    )
    return Chain("a variance is at most the square of half the range", box, lines, last.fact)
