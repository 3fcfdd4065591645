r"""One MDP of any size as operators, for chains of proof.

Spaces: ``S`` states, ``SA`` state-action pairs, ``1`` scalars. The atoms:

- ``P`` : S -> SA, next-state expectation; ``B`` : S -> SA copies a state's number over its actions;
- ``Pi`` : SA -> S averages over the policy; ``r`` the rewards; ``1_S``, ``1_SA`` the ones;
- ``V`` the value function, ``M`` the resolvent (I - gamma Pi P)^{-1}.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dcpg_theory.exact.chains import Hypothesis, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rules import Fact
from proofs_check.symbols import own

__all__ = [
    "BASE",
    "ONES",
    "B",
    "P",
    "Policy",
    "equal",
    "hypothesis",
    "less",
    "link",
    "nonnegative",
    "pair_ones",
    "r",
    "state_ones",
]


def equal(left: Operator, right: Operator, *, pointwise: bool = False) -> Fact:
    """Return the fact that two operators are equal."""
    return Fact(left, "=", right, pointwise)


def less(left: Operator, right: Operator, *, pointwise: bool = False) -> Fact:
    """Return the fact that one operator is at most another, entry by entry."""
    return Fact(left, "<=", right, pointwise)


def hypothesis(name: str, fact: Fact, words: str) -> Hypothesis:
    """Return a named hypothesis."""
    return Hypothesis(name, fact, words)


def link(name: str, fact: Fact, because: Sequence[Multiple | str], words: str = "") -> Link:
    """Return a link; a bare name is the fact itself, times one."""
    multiples = [Multiple(item) if isinstance(item, str) else item for item in because]
    return Link(name, fact, tuple(multiples), words)


def nonnegative(operator: Operator) -> Fact:
    """Return the fact that an operator has no negative entry."""
    return less(Operator.zero(operator.codomain, operator.domain), operator)


P = Operator.of(Atom("P", "SA", "S"))
_BROADCAST = Atom("B", "SA", "S")
B = Operator.of(_BROADCAST)
r = Operator.of(Atom("r", "SA", SCALARS))
ONES = Atom("1_S", "S", SCALARS)
state_ones = Operator.of(ONES)
pair_ones = B @ state_ones

BASE: tuple[Line, ...] = (
    hypothesis(
        "1>0", Fact(Operator.zero("S", SCALARS), "<", state_ones), "the entries of 1 are positive"
    ),
    hypothesis("B>=0", nonnegative(B), "copying a state's number over its actions is monotone"),
    hypothesis("P>=0", nonnegative(P), "transition probabilities are non-negative"),
    hypothesis("P1=1", equal(P @ state_ones, pair_ones), "transition probabilities sum to one"),
)


@dataclass(frozen=True)
class Policy:
    """The atoms of one policy, and the lines that introduce its resolvent and its value.

    `introduced_by` names the use of the rule `greedy` whose selection this policy is.
    """

    label: str
    discount: RationalFunction = own
    introduced_by: str = ""

    @property
    def averages(self) -> Operator:
        """The policy's average over actions, SA -> S."""
        return Operator.of(Atom(f"Pi{self.label}", "S", "SA"))

    @property
    def kernel(self) -> Operator:
        """The transition operator of the policy, S -> S."""
        return self.averages @ P

    @property
    def inverse(self) -> Atom:
        """The resolvent's atom."""
        return Atom(f"M{self.label}", "S", "S")

    @property
    def resolvent(self) -> Operator:
        """(I - gamma Pi P)^{-1}."""
        return Operator.of(self.inverse)

    @property
    def value(self) -> Operator:
        """The value function."""
        return Operator.of(Atom(f"V{self.label}", "S", SCALARS))

    @property
    def action_value(self) -> Operator:
        """Q = r + gamma P V."""
        return r + (P @ self.value).scaled(self.discount)

    @property
    def advantage(self) -> Operator:
        """A = Q - V, with V copied over the actions."""
        return self.action_value - B @ self.value

    @property
    def _averages_fact(self) -> str:
        return f"{self.introduced_by}/average" if self.introduced_by else f"Pi{self.label}B=I"

    def is_policy(self) -> tuple[Line, ...]:
        """Return the hypotheses that the averages are a policy's."""
        name = f"Pi{self.label}"
        return (
            hypothesis(f"{name}>=0", nonnegative(self.averages), "probabilities of actions >= 0"),
            hypothesis(
                f"{name}B=I",
                equal(self.averages @ B, unit("S")),
                "probabilities of actions sum to one",
            ),
        )

    def solved(self) -> tuple[Line, ...]:
        """Return the lines that solve the Bellman equation: V = M Pi r.

        Needs `BASE`, and that the averages are known to be a policy's: from `is_policy`, or from
        the rule `greedy` for a selection of largest entries, whose value is defined by it.
        """
        k, name = self.label, f"Pi{self.label}"
        if self.introduced_by:
            solution = self.resolvent @ self.averages @ r
            arguments = {"name": Atom(f"V{k}", "S", SCALARS), "value": solution}
            return (*self.resolved(), RuleUse(f"V{k}=M Pi r", "definition", arguments))
        bellman = equal(self.value, self.averages @ self.action_value)
        return (
            hypothesis(f"bellman{k}", bellman, "(1): the value satisfies the Bellman equation"),
            *self.resolved(),
            link(
                f"V{k}=M Pi r",
                equal(self.value, self.resolvent @ self.averages @ r),
                [
                    Multiple(f"resolvent{k}/left", -unit("S"), self.value),
                    Multiple(f"bellman{k}", self.resolvent),
                ],
                f"solve (I - gamma {name} P) V = {name} r",
            ),
        )

    def resolved(self) -> tuple[Line, ...]:
        """Return the lines that introduce the resolvent."""
        k, name = self.label, f"Pi{self.label}"
        uses: list[Multiple | str] = [Multiple("P1=1", self.averages), *self._averaging(state_ones)]
        return (
            link(
                f"{name}P>=0",
                nonnegative(self.kernel),
                [Multiple("P>=0", self.averages)],
                "a policy's transition operator has no negative entry",
            ),
            link(
                f"{name}P1=1",
                equal(self.kernel @ state_ones, state_ones),
                uses,
                "a policy's transition operator has rows that sum to one",
            ),
            RuleUse(
                f"resolvent{k}",
                "neumann",
                {
                    "kernel": self.kernel,
                    "discount": self.discount,
                    "inverse": self.inverse,
                    "ones": ONES,
                },
            ),
        )

    def _averaging(self, vector: Operator) -> list[Multiple]:
        return [Multiple(self._averages_fact, None, vector)]
