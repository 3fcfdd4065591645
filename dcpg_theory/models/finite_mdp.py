"""A Markov decision process with finitely many states and actions: the tuple M_i of Section 2.1.

Axes have one order everywhere: ``transitions[state, action, next_state]``. The paper's matrices
P^pi have it the other way round (entry (j, k) is the probability of j from k); `policy_transitions`
returns their transpose.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, as_scalar, number_kind
from dcpg_theory.models import gymnasium_tables, interchange, validation
from dcpg_theory.models.conversion import float_of, rational_of, same_entries
from dcpg_theory.models.validation import converted, input_array
from dcpg_theory.notebook import Card, Shown, text

__all__ = ["FiniteMDP"]


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class FiniteMDP(Shown):
    """A finite Markov decision process with its discount and start distribution.

    Immutable: the arrays are read-only copies. All numbers are of one kind, the one that
    transitions, rewards, discount and start promote to jointly: an integer transition array with
    the discount ``Fraction(9, 10)`` is exact, with the discount ``0.9`` it is float64.

    Parameters
    ----------
    transitions : array_like, shape (n_states, n_actions, n_states)
        The probability of the next state, given state and action; of any number kind. Or a
        scipy.sparse array or matrix of shape (n_states * n_actions, n_states), whose row
        ``state * n_actions + action`` is that distribution; kept as float64 in CSR form.
    rewards : array_like, shape (n_states, n_actions)
        The expected reward of an action in a state; any finite numbers.
    discount : number
        Strictly between 0 and 1.
    start : array_like, shape (n_states,)
        The distribution rho of the first state.
    states : sequence of hashable, optional
        The labels of the states, all different; default 0, ..., n_states - 1.

    Raises
    ------
    InvalidInput
        If a shape is wrong, a number is NaN, infinite or out of its range, or a distribution does
        not sum to one: floats within 1e-9, rationals and rational functions exactly, balls must
        contain one.

    Examples
    --------
    >>> from fractions import Fraction
    >>> mdp = FiniteMDP([[[0, 1]], [[0, 1]]], [[1], [0]], Fraction(9, 10), [1, 0])
    >>> mdp
    FiniteMDP(2 states, 1 actions, discount=9/10, exact rational)
    >>> mdp.expected_next([5, 7])
    array([[7],
           [7]], dtype=object)
    """

    transitions: Any
    rewards: Array
    discount: Any
    start: Array
    states: tuple[Hashable, ...]
    kind: NumberKind

    def __init__(
        self,
        transitions: Any,
        rewards: Any,
        discount: Any,
        start: Any,
        states: Iterable[Hashable] | None = None,
    ) -> None:
        sparse = hasattr(transitions, "tocsr")
        transitions = _sparse_input(transitions) if sparse else _dense_input(transitions)
        rewards, start = input_array("rewards", rewards), input_array("start", start)
        discount = validation.one_number("discount", discount)
        kind = validation.joint_kind(
            transitions=transitions.data if sparse else transitions,
            rewards=rewards,
            discount=discount,
            start=start,
        )
        n_states = transitions.shape[-1]
        n_actions = transitions.shape[0] // n_states if sparse else transitions.shape[1]
        labels = tuple(range(n_states)) if states is None else tuple(states)
        validation.check_labels(labels, n_states)
        set_field = object.__setattr__
        set_field(self, "states", labels)
        set_field(self, "kind", kind)
        set_field(self, "discount", as_scalar(discount, kind))
        validation.check_discount(self.discount, kind)
        if not sparse:
            transitions = converted("transitions", transitions, kind)
        set_field(self, "transitions", transitions)
        self._check_transitions(n_actions)
        needed = "(n_states, n_actions)"
        validation.check_shape("rewards", rewards, (n_states, n_actions), needed)
        set_field(self, "rewards", converted("rewards", rewards, kind))
        validation.check_finite(self.rewards, kind, lambda at: f"{self._place(*at)}: reward")
        validation.check_shape("start", start, (n_states,), "(n_states,)")
        set_field(self, "start", converted("start", start, kind))
        validation.check_distribution(
            self.start,
            kind,
            lambda at: f"state {labels[at[0]]}: start probability",
            lambda _: "start",
        )

    def _place(self, state: int, action: int) -> str:
        return f"state {self.states[state]}, action {action}"

    def _check_transitions(self, n_actions: int) -> None:
        def entry(at: tuple[int, ...]) -> str:
            state, action, after = at
            label = self.states[after]
            return f"{self._place(state, action)}: transition probability to state {label}"

        def row(at: tuple[int, ...]) -> str:
            return f"{self._place(*at)}: transition row"

        if not self.is_sparse:
            validation.check_distribution(self.transitions, self.kind, entry, row)
            return

        def stored(at: tuple[int, ...]) -> str:
            source = int(np.searchsorted(self.transitions.indptr, at[0], side="right")) - 1
            return entry((*divmod(source, n_actions), int(self.transitions.indices[at[0]])))

        validation.check_nonnegative(self.transitions.data, self.kind, stored)
        sums = np.asarray(self.transitions.sum(axis=1)).reshape(self.n_states, n_actions)
        validation.check_sums(sums, self.kind, row)

    from_arrays = staticmethod(interchange.from_arrays)
    from_sparse = staticmethod(interchange.from_sparse)
    from_mdptoolbox = staticmethod(interchange.from_mdptoolbox)
    from_quantecon = staticmethod(interchange.from_quantecon)
    from_gymnasium = staticmethod(gymnasium_tables.from_gymnasium)
    to_mdptoolbox = interchange.to_mdptoolbox
    to_quantecon = interchange.to_quantecon
    to_gymnasium = gymnasium_tables.to_gymnasium

    @property
    def n_states(self) -> int:
        """The number of states."""
        return len(self.states)

    @property
    def n_actions(self) -> int:
        """The number of actions."""
        return int(self.rewards.shape[1])

    @property
    def is_sparse(self) -> bool:
        """Whether the transitions are scipy.sparse, of shape (n_states * n_actions, n_states)."""
        return not isinstance(self.transitions, np.ndarray)

    def policy_transitions(self, policy: Any) -> Any:
        """Return the transition matrix of the chain under a policy.

        Parameters
        ----------
        policy : array_like, shape (n_states, n_actions)
            Of any number kind that meets this one's; only its shape is checked, so that directions
            (differences of policies) may be given too.

        Returns
        -------
        array, shape (n_states, n_states)
            Entry [s, s'] is sum_a policy[s, a] P(s' | s, a); scipy.sparse if the transitions are.
            The transpose of the paper's P^pi in (18).

        Raises
        ------
        InvalidInput
            If the shape is wrong or the number kinds do not meet.
        """
        policy, kind = self._policy(policy)
        if not self.is_sparse:
            transitions = self._as_kind(self.transitions, kind)
            return np.matmul(policy[:, None, :], transitions)[:, 0, :]
        from scipy.sparse import csr_array

        n_rows = self.n_states * self.n_actions
        columns, ends = np.arange(n_rows), np.arange(0, n_rows + 1, self.n_actions)
        weights = csr_array((policy.ravel(), columns, ends), shape=(self.n_states, n_rows))
        return weights @ self.transitions

    def policy_rewards(self, policy: Any) -> Array:
        """Return sum_a policy[s, a] R(s, a), shape (n_states,).

        Parameters
        ----------
        policy : array_like, shape (n_states, n_actions)
            As in `policy_transitions`.

        Raises
        ------
        InvalidInput
            If the shape is wrong or the number kinds do not meet.
        """
        policy, kind = self._policy(policy)
        return np.asarray((policy * self._as_kind(self.rewards, kind)).sum(axis=1))

    def expected_next(self, values: Any) -> Array:
        """Return the expectation of a function of the next state, sum_s' P(s' | s, a) values[s'].

        Parameters
        ----------
        values : array_like, shape (n_states,) or (n_states, m)
            One function of the state, or m of them.

        Returns
        -------
        array, shape (n_states, n_actions) or (n_states, n_actions, m)

        Raises
        ------
        InvalidInput
            If the shape is wrong or the number kinds do not meet.
        """
        values = input_array("values", values)
        if values.ndim not in (1, 2) or values.shape[0] != self.n_states:
            raise InvalidInput(
                f"values has shape {values.shape}, its first axis must have n_states = "
                f"{self.n_states} entries"
            )
        kind = number_kind(self.discount, values)
        transitions = self._as_kind(self.transitions, kind)
        product = transitions.reshape(-1, self.n_states) @ as_array(values, kind)
        return np.asarray(product).reshape(self.n_states, self.n_actions, *values.shape[1:])

    def _policy(self, policy: Any) -> tuple[Array, NumberKind]:
        policy = input_array("policy", policy)
        shape = (self.n_states, self.n_actions)
        validation.check_shape("policy", policy, shape, "(n_states, n_actions)")
        kind = number_kind(self.discount, policy)
        return as_array(policy, kind), kind

    def _as_kind(self, array: Any, kind: NumberKind) -> Any:
        return array if kind is self.kind else as_array(array, kind)

    def with_start(self, start: Any) -> FiniteMDP:
        """Return the same process from another start distribution, shape (n_states,)."""
        return FiniteMDP(self.transitions, self.rewards, self.discount, start, self.states)

    def with_discount(self, discount: Any) -> FiniteMDP:
        """Return the same process with another discount."""
        return FiniteMDP(self.transitions, self.rewards, discount, self.start, self.states)

    def with_rewards(self, rewards: Any) -> FiniteMDP:
        """Return the same process with other rewards, shape (n_states, n_actions)."""
        return FiniteMDP(self.transitions, rewards, self.discount, self.start, self.states)

    def astype(self, kind: NumberKind) -> FiniteMDP:
        """Return the same process in another number kind, as far as that is honest.

        Rationals go to every kind, balls and floats as `to_float` and `to_rational` say; symbols
        stay symbols, and floats become balls by way of `to_rational`.

        Raises
        ------
        InvalidInput
            If the numbers cannot be of that kind.
        """
        if kind is self.kind:
            return self
        if kind is NumberKind.FLOAT:
            return self.to_float()
        source = self.to_rational() if self.kind is NumberKind.FLOAT else self
        if kind is NumberKind.RATIONAL:
            return source.to_rational()
        arrays = (source.transitions, source.rewards, source.discount, source.start)
        transitions, rewards, discount, start = (as_array(array, kind) for array in arrays)
        return FiniteMDP(transitions, rewards, discount[()], start, self.states)

    def to_float(self) -> FiniteMDP:
        """Return the process in float64: rationals rounded, balls by their midpoints.

        Raises
        ------
        InvalidInput
            If a symbol occurs, or the midpoints of balls are no distributions within 1e-9.
        """
        if self.kind is NumberKind.FLOAT:
            return self
        arrays = (self.transitions, self.rewards, self.discount, self.start)
        transitions, rewards, discount, start = (float_of(array) for array in arrays)
        return FiniteMDP(transitions, rewards, float(discount), start, self.states)

    def to_rational(self, *, rescale: bool = False) -> FiniteMDP:
        """Return the process in exact rationals: each float by its binary value, 0.1 is not 1/10.

        Sparse transitions become dense. Rows of floats sum to one only up to rounding, and an exact
        row must sum to one, so a row like (0.1, 0.9) is refused unless `rescale` is given.

        Parameters
        ----------
        rescale : bool
            Divide each transition row and the start by its exact sum. The result is then a
            neighbour of this process within rounding, not the process itself.

        Raises
        ------
        InvalidInput
            If a row does not sum to exactly one and `rescale` is False, or if a number is a ball of
            positive radius or depends on a symbol.
        """
        if self.kind is NumberKind.RATIONAL:
            return self
        shape = (self.n_states, self.n_actions, self.n_states)
        dense = self.transitions.toarray().reshape(shape) if self.is_sparse else self.transitions
        transitions, start = rational_of(dense), rational_of(self.start)
        if rescale:
            transitions = transitions / transitions.sum(axis=-1, keepdims=True)
            start = start / start.sum()
        rewards, discount = rational_of(self.rewards), rational_of(self.discount)[()]
        return FiniteMDP(transitions, rewards, discount, start, self.states)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FiniteMDP):
            return NotImplemented
        return (
            self.kind is other.kind
            and self.states == other.states
            and self.is_sparse is other.is_sparse
            and same_entries(self.discount, other.discount)
            and same_entries(self.start, other.start)
            and same_entries(self.rewards, other.rewards)
            and same_entries(self.transitions, other.transitions)
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.states, self.n_actions, self.is_sparse))

    def __repr__(self) -> str:
        sparse = f", sparse with {self.transitions.nnz} entries" if self.is_sparse else ""
        return (
            f"FiniteMDP({self.n_states} states, {self.n_actions} actions, "
            f"discount={self.discount}, {self.kind}{sparse})"
        )

    def _card(self) -> Card:
        stored = f"{self.transitions.nnz} entries" if self.is_sparse else "dense"
        rows = {
            "states": self.n_states,
            "actions": self.n_actions,
            "discount": self.discount,
            "numbers": self.kind,
            "transitions": stored,
        }
        return Card("FiniteMDP", tuple((name, text(value)) for name, value in rows.items()))


def _dense_input(values: Any) -> Array:
    transitions = input_array("transitions", values)
    shape = transitions.shape
    if len(shape) != 3 or shape[0] != shape[2] or 0 in shape:
        raise InvalidInput(
            f"transitions has shape {shape}, it must have shape (n_states, n_actions, n_states) "
            "with at least one state and one action"
        )
    return transitions


def _sparse_input(transitions: Any) -> Any:
    """Return a read-only canonical CSR copy: sorted, without duplicates."""
    from scipy.sparse import csr_array

    if transitions.dtype.kind not in "fiub":
        raise InvalidInput("sparse transitions must be float64; give exact ones as a dense array")
    n_rows, n_states = transitions.shape
    if n_states == 0 or n_rows == 0 or n_rows % n_states:
        raise InvalidInput(
            f"sparse transitions has shape {(n_rows, n_states)}, it must have shape "
            "(n_states * n_actions, n_states) with at least one state and one action"
        )
    result = csr_array(transitions, dtype=np.float64, copy=True)
    result.sum_duplicates()
    for part in (result.data, result.indices, result.indptr):
        validation.frozen(part)
    return result
