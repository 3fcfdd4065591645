"""Values and visitations of policies from packages that nobody here wrote."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dcpg_theory import theory
from dcpg_theory.models import example_1, example_2, random_problem

GAMMA = Fraction(9, 10)
TASKS = {
    **{f"example-1-{i}": task for i, task in enumerate(example_1(GAMMA).tasks)},
    **{f"example-2-{i}": task for i, task in enumerate(example_2(GAMMA, Fraction(3, 4)).tasks)},
    **{f"random-{seed}": random_problem(seed, 1, 6, 3).tasks[0] for seed in range(6)},
}


def some_policy(task, seed=5):
    """Rational probabilities, none of them zero."""
    weights = np.random.default_rng(seed).integers(1, 9, (task.n_states, task.n_actions))
    return [[Fraction(int(w), int(row.sum())) for w in row] for row in weights]


def as_floats(array):
    return np.array([[float(x) for x in np.ravel(row)] for row in array])


def chain_of(task, policy):
    """The chain and the expected reward under a randomized policy, as a model with one action."""
    flat = task.to_float()
    policy = as_floats(policy)
    return np.einsum("sa,sat->st", policy, flat.transitions), (policy * flat.rewards).sum(axis=1)


@pytest.mark.parametrize("name", TASKS)
def test_quantecon_has_the_values_of_randomized_policies(name):
    markov = pytest.importorskip("quantecon.markov", reason="QuantEcon is not installed")
    task = TASKS[name]
    policy = some_policy(task)
    chain, pay = chain_of(task, policy)
    model = markov.DiscreteDP(pay[:, None], chain[:, None, :], float(task.discount))
    theirs = model.evaluate_policy(np.zeros(task.n_states, dtype=int))
    assert np.abs(theirs - theory.value(task.to_float(), as_floats(policy))).max() < 1e-12


@pytest.mark.parametrize("name", TASKS)
def test_quantecon_has_the_values_of_deterministic_policies(name):
    pytest.importorskip("quantecon", reason="QuantEcon is not installed")
    task = TASKS[name].to_float()
    model = task.to_quantecon()
    for seed in range(4):
        actions = np.random.default_rng(seed).integers(0, task.n_actions, task.n_states)
        ours = theory.value(task, np.eye(task.n_actions)[actions])
        assert np.abs(model.evaluate_policy(actions) - ours).max() < 1e-12


@pytest.mark.parametrize("name", TASKS)
def test_no_policy_beats_the_one_that_quantecon_finds(name):
    pytest.importorskip("quantecon", reason="QuantEcon is not installed")
    task = TASKS[name].to_float()
    best = task.to_quantecon().solve(method="policy_iteration")
    ours = theory.value(task, np.eye(task.n_actions)[best.sigma])
    assert np.abs(best.v - ours).max() < 1e-10
    assert theory.advantage(task, np.eye(task.n_actions)[best.sigma]).max() < 1e-10


@pytest.mark.parametrize("name", TASKS)
def test_quantecons_restarted_chain_stays_where_the_visitation_says(name):
    """The visitation is the stationary distribution of a chain that restarts with 1 - gamma."""
    markov = pytest.importorskip("quantecon.markov", reason="QuantEcon is not installed")
    task = TASKS[name]
    policy = some_policy(task)
    chain, _ = chain_of(task, policy)
    flat, gamma = task.to_float(), float(task.discount)
    restarted = gamma * chain + (1 - gamma) * flat.start[None, :]
    restarted /= restarted.sum(axis=1)[:, None]  # it asks for sums of one, closer than 1e-9
    (theirs,) = markov.MarkovChain(restarted).stationary_distributions
    ours = theory.visitation(flat, as_floats(policy))
    assert np.abs(theirs - ours).max() < 1e-12


@pytest.mark.parametrize("name", [name for name in TASKS if name.startswith("example")])
def test_storm_has_the_exact_values(name):
    """Discounting is an exit: with 1 - gamma every step goes to a state that pays no more."""
    stormpy = pytest.importorskip("stormpy", reason="stormpy is not installed")
    task = TASKS[name]
    policy = some_policy(task)
    n = task.n_states
    builder = stormpy.ExactSparseMatrixBuilder(n + 1, n + 1)
    exact, pay = [], []
    for s in range(n):
        exact.append([sum(policy[s][a] * Fraction(str(task.transitions[s, a, t]))
                          for a in range(task.n_actions)) for t in range(n)])  # fmt: skip
        pay.append(sum(policy[s][a] * Fraction(str(task.rewards[s, a]))
                       for a in range(task.n_actions)))  # fmt: skip
        for t, chance in enumerate(exact[s]):
            if chance:
                builder.add_next_value(s, t, stormpy.Rational(str(GAMMA * chance)))
        builder.add_next_value(s, n, stormpy.Rational(str(1 - GAMMA)))
    builder.add_next_value(n, n, stormpy.Rational("1"))
    labels = stormpy.storage.StateLabeling(n + 1)
    for label, state in (("init", n // 2), ("end", n)):
        labels.add_label(label)
        labels.add_label_to_state(label, state)
    least = min(pay)  # Storm's rewards are not negative, so all steps pay so much more
    rewards = stormpy.SparseExactRewardModel(
        optional_state_reward_vector=[*(stormpy.Rational(str(x - least)) for x in pay),
                                      stormpy.Rational("0")]
    )  # fmt: skip
    parts = stormpy.SparseExactModelComponents(builder.build(), labels, {"": rewards})
    model = stormpy.storage.SparseExactDtmc(parts)
    (formula,) = stormpy.parse_properties('R=? [F "end"]')
    found = stormpy.model_checking(model, formula)
    ours = theory.value(task, policy)
    for s in range(n):
        theirs = Fraction(str(found.at(s))) + least / (1 - GAMMA)
        assert theirs == Fraction(str(ours[s]))
