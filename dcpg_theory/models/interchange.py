"""Doors in and out of `FiniteMDP`: arrays, sparse matrices, pymdptoolbox's order, QuantEcon.

The functions are `FiniteMDP`'s own methods: ``FiniteMDP.from_quantecon(model, start)``. What is
folded in, with the values of every policy preserved:

- a reward that depends on the next state becomes its expectation given state and action. The
  distribution of returns is another one, their expectation the same;
- rewards that depend on the state alone stand at each of its actions.

Nothing is ever pickled: files of problems are `problem_files`'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array
from dcpg_theory.models.validation import input_array, joint_kind

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from dcpg_theory.models.finite_mdp import FiniteMDP

__all__ = [
    "from_arrays",
    "from_mdptoolbox",
    "from_quantecon",
    "from_sparse",
    "to_mdptoolbox",
    "to_quantecon",
]


def from_arrays(
    transitions: Any,
    rewards: Any,
    discount: Any,
    start: Any,
    states: Iterable[Hashable] | None = None,
) -> FiniteMDP:
    """Return a process from dense arrays whose rewards may have any of three shapes.

    Parameters
    ----------
    transitions : array_like, shape (n_states, n_actions, n_states)
        Of any number kind.
    rewards : array_like
        Of shape (n_states,), (n_states, n_actions) or (n_states, n_actions, n_states); the last is
        the reward of each next state, and becomes its expectation. What stands at a next state of
        probability zero does not count.
    discount : number
        Strictly between 0 and 1.
    start : array_like, shape (n_states,)
    states : iterable of hashable, optional

    Raises
    ------
    InvalidInput
        As `FiniteMDP`, or if the rewards have another shape.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from dcpg_theory import FiniteMDP
    >>> half = Fraction(1, 2)
    >>> paid_on_arrival = [[[0, 4]], [[0, 0]]]
    >>> FiniteMDP.from_arrays([[[half, half]], [[0, 1]]], paid_on_arrival, half, [1, 0]).rewards
    array([[2],
           [0]], dtype=object)
    """
    from dcpg_theory.models.finite_mdp import FiniteMDP

    transitions, rewards = input_array("transitions", transitions), input_array("rewards", rewards)
    if transitions.ndim == 3:
        rewards = _expected(transitions, rewards)
    return FiniteMDP(transitions, rewards, discount, start, states)


def from_sparse(
    transitions: Any,
    rewards: Any,
    discount: Any,
    start: Any,
    states: Iterable[Hashable] | None = None,
) -> FiniteMDP:
    """Return a process from scipy.sparse transitions; it stays sparse, in float64.

    Parameters
    ----------
    transitions : sparse array or matrix, shape (n_states * n_actions, n_states)
        Row ``state * n_actions + action`` is the distribution of the next state. Or a sequence of
        n_actions sparse ones of shape (n_states, n_states), one for each action.
    rewards : array_like or sparse
        Of shape (n_states,), (n_states, n_actions) or (n_states * n_actions,); or, for each next
        state, sparse of the same shape as the transitions, and then the expectation is taken.
    discount : float
        Strictly between 0 and 1.
    start : array_like, shape (n_states,)
    states : iterable of hashable, optional

    Raises
    ------
    InvalidInput
        As `FiniteMDP`, or if a shape is another.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> from dcpg_theory import FiniteMDP
    >>> stay, move = csr_array([[1, 0], [0, 1]]), csr_array([[0, 1], [1, 0]])
    >>> FiniteMDP.from_sparse([stay, move], [0, 1], 0.9, [1, 0])
    FiniteMDP(2 states, 2 actions, discount=0.9, float64, sparse with 4 entries)
    """
    from dcpg_theory.models.finite_mdp import FiniteMDP

    stacked = transitions
    if _is_sequence(transitions) and all(hasattr(part, "tocsr") for part in transitions):
        stacked = _by_action("transitions", transitions)
    if not hasattr(stacked, "tocsr"):
        raise InvalidInput(
            f"transitions is a {type(transitions).__name__}, it must be scipy.sparse or a sequence "
            "of scipy.sparse; dense ones go to from_arrays"
        )
    n_rows, n_states = stacked.shape
    n_actions = n_rows // max(n_states, 1)
    if _is_sequence(rewards) and any(hasattr(part, "tocsr") for part in rewards):
        rewards = _by_action("rewards", rewards)
    if hasattr(rewards, "tocsr"):
        if rewards.shape != stacked.shape:
            raise InvalidInput(
                f"sparse rewards has shape {rewards.shape}, it must have the transitions' shape "
                f"{stacked.shape}"
            )
        rewards = np.asarray(stacked.multiply(rewards).sum(axis=1)).ravel()
    rewards = input_array("rewards", rewards)
    if rewards.shape == (n_states,) and n_actions > 1:
        rewards = np.repeat(rewards[:, None], n_actions, axis=1)
    elif rewards.shape == (n_rows,):
        rewards = rewards.reshape(n_states, -1)
    return FiniteMDP(stacked, rewards, discount, start, states)


def from_mdptoolbox(
    transitions: Any,
    rewards: Any,
    discount: Any,
    start: Any,
    states: Iterable[Hashable] | None = None,
) -> FiniteMDP:
    """Return a process from arrays in pymdptoolbox's order, the action first.

    Parameters
    ----------
    transitions : array_like, shape (n_actions, n_states, n_states)
        Or a sequence of n_actions matrices, dense or scipy.sparse; with sparse ones the process is
        sparse.
    rewards : array_like
        Of shape (n_states,), (n_states, n_actions), or, for each next state, (n_actions, n_states,
        n_states) or a sequence of matrices; those become their expectation.
    discount : number
        Strictly between 0 and 1.
    start : array_like, shape (n_states,)
        That toolbox has none.
    states : iterable of hashable, optional

    Raises
    ------
    InvalidInput
        As `FiniteMDP`, or if a shape is another.

    Examples
    --------
    >>> from dcpg_theory import FiniteMDP
    >>> wait, cut = [[0.1, 0.9], [0.1, 0.9]], [[1, 0], [1, 0]]
    >>> FiniteMDP.from_mdptoolbox([wait, cut], [[0, 0], [4, 2]], 0.9, [1, 0]).transitions[0]
    array([[0.1, 0.9],
           [1. , 0. ]])
    """
    from dcpg_theory.models.finite_mdp import FiniteMDP

    if _is_sequence(transitions) and any(hasattr(part, "tocsr") for part in transitions):
        if not _is_sequence(rewards):
            rewards = input_array("rewards", rewards)
        if isinstance(rewards, np.ndarray) and rewards.ndim == 3:
            from scipy.sparse import csr_array

            rewards = [csr_array(matrix) for matrix in rewards]
        return from_sparse(list(transitions), rewards, discount, start, states)
    transitions = input_array("transitions", _dense(transitions))
    if transitions.ndim != 3 or transitions.shape[1] != transitions.shape[2]:
        raise InvalidInput(
            f"transitions has shape {transitions.shape}, it must have shape "
            "(n_actions, n_states, n_states)"
        )
    rewards = input_array("rewards", _dense(rewards))
    if rewards.ndim == 3:
        if rewards.shape != transitions.shape:
            raise InvalidInput(
                f"rewards has shape {rewards.shape}, it must have the transitions' shape "
                f"{transitions.shape}, or (n_states,) or (n_states, n_actions)"
            )
        rewards = rewards.transpose(1, 0, 2)
    transitions = transitions.transpose(1, 0, 2)
    rewards = _expected(transitions, rewards)
    return FiniteMDP(transitions, rewards, discount, start, states)


def to_mdptoolbox(mdp: FiniteMDP) -> tuple[Any, Array]:
    """Return transitions and rewards in pymdptoolbox's order.

    Returns
    -------
    transitions : array, shape (n_actions, n_states, n_states)
        Of the process's number kind; a list of n_actions scipy.sparse arrays if it is sparse.
    rewards : array, shape (n_states, n_actions)
        Both are copies; discount and start go apart, as the toolbox's solvers take them.
    """
    if not mdp.is_sparse:
        return mdp.transitions.transpose(1, 0, 2).copy(), mdp.rewards.copy()
    matrices = [mdp.transitions[a :: mdp.n_actions] for a in range(mdp.n_actions)]
    return matrices, mdp.rewards.copy()


def from_quantecon(model: Any, start: Any, states: Iterable[Hashable] | None = None) -> FiniteMDP:
    """Return the process of a QuantEcon ``DiscreteDP``, in any of its three forms.

    Parameters
    ----------
    model : quantecon.markov.DiscreteDP
        As a product of states and actions, or as pairs, dense or sparse; sparse stays sparse. All
        actions must be possible in every state.
    start : array_like, shape (n_states,)
        QuantEcon's models have none.
    states : iterable of hashable, optional

    Raises
    ------
    InvalidInput
        If it is no such model, an action is impossible somewhere (a pair is missing, or its reward
        is minus infinity), or ``beta`` is not in (0, 1).

    Examples
    --------
    >>> from dcpg_theory.models import FiniteMDP, random_problem
    >>> task = random_problem(1).tasks[0]
    >>> FiniteMDP.from_quantecon(task.to_quantecon(), task.start) == task
    True
    """
    from dcpg_theory.models.finite_mdp import FiniteMDP

    try:
        rewards, transitions, discount = np.asarray(model.R), model.Q, model.beta
        pairs = (model.s_indices, model.a_indices)
    except AttributeError:
        raise InvalidInput(
            f"a {type(model).__name__} is no DiscreteDP of QuantEcon: it needs R, Q and beta"
        ) from None
    n_states = transitions.shape[-1]
    if rewards.ndim == 1:
        at_state, at_action = (np.asarray(part, dtype=np.intp) for part in pairs)
        n_actions = int(at_action.max()) + 1
        possible = np.zeros((n_states, n_actions), dtype=bool)
        possible[at_state, at_action] = True
        _all_possible(possible)
        order = np.argsort(at_state * n_actions + at_action)
        transitions, rewards = transitions[order], rewards[order].reshape(n_states, n_actions)
        if not hasattr(transitions, "tocsr"):
            transitions = transitions.reshape(n_states, n_actions, n_states)
    _all_possible(rewards != -np.inf)
    return FiniteMDP(transitions, rewards, discount, start, states)


def to_quantecon(mdp: FiniteMDP) -> Any:
    """Return the process as a QuantEcon ``DiscreteDP``; start and labels are left behind.

    Returns
    -------
    quantecon.markov.DiscreteDP
        In float64: a product of states and actions, or sparse pairs if the process is sparse.

    Raises
    ------
    InvalidInput
        If QuantEcon is not installed, or the numbers are no floats (see `FiniteMDP.to_float`).
    """
    try:
        from quantecon.markov import DiscreteDP
    except ImportError:
        raise InvalidInput("QuantEcon is not at hand: install quantecon") from None
    mdp = mdp.to_float()
    discount = float(mdp.discount)
    if not mdp.is_sparse:
        return DiscreteDP(mdp.rewards.copy(), mdp.transitions.copy(), discount)
    from scipy.sparse import csr_matrix

    states, actions = np.divmod(np.arange(mdp.n_states * mdp.n_actions), mdp.n_actions)
    pairs = csr_matrix(mdp.transitions)  # its solvers take matrices, not arrays
    return DiscreteDP(mdp.rewards.ravel(), pairs, discount, states, actions)


def _expected(transitions: Array, rewards: Array) -> Array:
    """Return rewards of shape (n_states, n_actions) from any of the three shapes."""
    n_states, n_actions, _ = transitions.shape
    if rewards.shape == (n_states,):
        return np.repeat(rewards[:, None], n_actions, axis=1)
    if rewards.ndim < 3:
        return rewards  # FiniteMDP says what is wrong with it
    if rewards.shape != transitions.shape:
        raise InvalidInput(
            f"rewards has shape {rewards.shape}, it must have shape (n_states,), (n_states, "
            f"n_actions) or the transitions' shape {transitions.shape}"
        )
    kind = joint_kind(transitions=transitions, rewards=rewards)
    transitions, rewards = as_array(transitions, kind), as_array(rewards, kind)
    if kind is NumberKind.FLOAT:  # an infinite reward of what cannot happen is no reward
        rewards = np.where(transitions == 0, 0, rewards)
    return np.asarray((transitions * rewards).sum(axis=2))


def _is_sequence(values: Any) -> bool:
    """Whether these are matrices one by one, also as an object array like pymdptoolbox's own."""
    if isinstance(values, np.ndarray):
        return values.dtype == object and values.ndim == 1
    return isinstance(values, list | tuple)


def _dense(values: Any) -> Any:
    """Return an object array of matrices as a list of them, and everything else as it is."""
    return list(values) if _is_sequence(values) else values


def _by_action(name: str, matrices: Any) -> Any:
    """Stack matrices (n_states, n_states), one per action, by rows state * n_actions + action."""
    from scipy.sparse import csr_array, vstack

    parts = [csr_array(matrix) for matrix in matrices]
    if not parts:
        raise InvalidInput(f"{name} is empty, it must hold one matrix for each action")
    shapes = {part.shape for part in parts}
    if len(shapes) != 1 or len(set(parts[0].shape)) != 1:
        raise InvalidInput(
            f"{name} has matrices of shapes {sorted(shapes)}, each must be (n_states, n_states)"
        )
    n_actions, n_states = len(parts), parts[0].shape[0]
    order = np.arange(n_actions * n_states).reshape(n_actions, n_states).T.ravel()
    return csr_array(vstack(parts, format="csr"))[order]


def _all_possible(possible: Array) -> None:
    if not possible.all():
        state, action = (int(at[0]) for at in np.nonzero(~possible))
        raise InvalidInput(
            f"state {state} cannot take action {action}; here every action must be possible in "
            "every state (for instance: as a copy of another action)"
        )
