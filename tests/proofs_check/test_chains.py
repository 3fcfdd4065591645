"""The chains of one MDP: they verify, nothing in them can be left out, and they are not vacuous."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest

from dcpg_theory import theory
from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.attacks import mutants, surviving
from dcpg_theory.exact.boxes import closed_interval
from dcpg_theory.exact.chains import facts_of, verify_chain
from dcpg_theory.exact.interpretations import satisfied_by, violations
from dcpg_theory.exact.lines import Differential, Hypothesis, Link
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models import FiniteMDP
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.models.random_problems import random_problem
from proofs_check.chains import single_task, unvisited

CHAINS = {name: getattr(single_task, name)() for name in single_task.__all__}
CHAINS |= {name: getattr(unvisited, name)() for name in unvisited.__all__}
SEEDS = (1, 2, 3)
every_chain = pytest.mark.parametrize("name", CHAINS)

# The state, the action and the weight that move in the chain that differentiates.
STATE, ACTION = 1, 0
t = symbols("t")[0]


def atoms_of(chain):
    """Return every atom that a chain speaks of."""
    sides = [side for fact in facts_of(chain).values() for side in (fact.left, fact.right)]
    declared = [line for line in chain.lines if isinstance(line, Differential)]
    sides += [line.derivative for line in declared]
    return {line.atom for line in declared} | {atom for side in sides for atom in side.atoms()}


def rows(policy):
    """Return the policy as an operator from state-action pairs to states."""
    n_states, n_actions = np.shape(policy)
    operator = as_array(np.zeros((n_states, n_states * n_actions), dtype=int), NumberKind.SYMBOLIC)
    for s in range(n_states):
        operator[s, s * n_actions : (s + 1) * n_actions] = policy[s]
    return operator


def of_policy(mdp, policy, label=""):
    """Return the matrices of one policy's atoms."""
    return {
        f"Pi{label}": rows(policy),
        f"M{label}": theory.resolvent(mdp, policy),
        f"V{label}": theory.value(mdp, policy)[:, None],
    }


def of_mdp(mdp):
    """Return the matrices of the atoms that no policy enters."""
    n_states, n_actions = mdp.rewards.shape
    return {
        "P": mdp.transitions.reshape(n_states * n_actions, n_states),
        "B": np.kron(np.eye(n_states, dtype=int), np.ones((n_actions, 1), dtype=int)),
        "r": mdp.rewards.reshape(-1, 1),
        "1_S": np.ones((n_states, 1), dtype=int),
        "rho": mdp.start[None, :],
    }


def with_a_state_apart(mdp):
    """Return the task with one more state, in which nothing starts and which nothing reaches."""
    n, m = mdp.rewards.shape
    transitions = np.zeros((n + 1, m, n + 1), dtype=object)
    transitions[:n, :, :n] = mdp.transitions
    transitions[n, :, 0] = 1
    rewards = np.concatenate([mdp.rewards, mdp.rewards[:1]])
    return FiniteMDP(transitions, rewards, mdp.discount, np.append(mdp.start, flint.fmpq(0)))


def greedy(mdp, policy):
    """Return the deterministic policy that takes the first action with the largest Q."""
    best = [list(row).index(max(row)) for row in theory.action_value(mdp, policy)]
    return np.eye(mdp.n_actions, dtype=int)[best]


def optimal(mdp):
    """Return a policy that no other beats, by policy iteration in exact arithmetic."""
    policy = np.eye(mdp.n_actions, dtype=int)[[0] * mdp.n_states]
    while True:
        better = greedy(mdp, policy)
        if (theory.value(mdp, better) == theory.value(mdp, policy)).all():
            return policy
        policy = better


def indifferent(mdp):
    """Return the task in which all actions of a state do what its first one does."""
    same = [0] * mdp.n_actions
    return FiniteMDP(mdp.transitions[:, same], mdp.rewards[:, same], mdp.discount, mdp.start)


def mixed(seed, mdp):
    """Return a policy with all probabilities positive."""
    weights = np.random.default_rng(seed).integers(1, 9, (mdp.n_states, mdp.n_actions))
    return policy_from_weights(weights.astype(object))


def moving(mdp):
    """Return the atoms of the softmax whose weight for STATE and ACTION is t, with derivatives.

    The weight is exp(theta), so the derivative along theta is t d/dt; e_s takes up the factor 1/t,
    and at t = 1 nothing is left of it.
    """
    weights = [[t if (s, a) == (STATE, ACTION) else t / t * (1 + s + a) for a in range(2)]
               for s in range(mdp.n_states)]  # fmt: skip
    policy = policy_from_weights(weights)
    slope = np.vectorize(lambda entry: entry.derivative("t"), otypes=[object])
    values = of_policy(mdp, policy)
    pair = STATE * mdp.n_actions + ACTION
    return values | {
        "Pi'": slope(values["Pi"]),
        "V'": slope(values["V"]),
        "d": theory.visitation(mdp, policy)[None, :],
        "e_s": np.array([[1 / t if s == STATE else 0 * t] for s in range(mdp.n_states)]),
        "e_s^T": np.eye(mdp.n_states, dtype=int)[[STATE]],
        "e_sa^T": np.eye(mdp.rewards.size, dtype=int)[[pair]],
        "pi(a|s)": [[policy[STATE, ACTION]]],
    }


def interpretation(name, seed):
    """Return matrices by name, dimensions and scalars for one of the chains."""
    mdp = random_problem(seed, n_tasks=1, n_states=3, n_actions=2, exact=True).tasks[0]
    scalars = {"gamma_i": Fraction(str(mdp.discount))}
    if name == "softmax_sums_to_one":
        weights = np.array([[Fraction(k, 20)] for k in (3, 1 + seed, 5)], dtype=object)
        total = weights.sum()
        matrices = {"w": weights, "pi": weights / total, "sum": np.ones((1, 3), dtype=int)}
        return matrices, {"A": 3}, {"s": total}
    if name == "stationary_is_optimal":
        mdp = indifferent(mdp)
    if name == "unvisited_stays_unvisited":
        mdp = with_a_state_apart(mdp)
    policy = optimal(mdp) if name == "bellman_optimality" else mixed(seed, mdp)
    matrices = of_mdp(mdp) | of_policy(mdp, policy)
    matrices["d"] = theory.visitation(mdp, policy)[None, :]
    if name in ("bellman_optimality", "deterministic_is_enough"):
        matrices |= of_policy(mdp, greedy(mdp, policy), "g")
    if name == "stationary_is_optimal":
        weight = (matrices["d"][0][:, None] * policy).flatten() / (1 - mdp.discount)
        matrices |= of_policy(mdp, mixed(seed + 9, mdp), "o")
        matrices |= {"W": np.diag(weight), "W^-1": np.diag(1 / weight)}
    if name == "unvisited_stays_unvisited":
        other, n = mixed(seed + 9, mdp), mdp.n_states
        matrices |= of_policy(mdp, other, "o")
        matrices["d'"] = theory.visitation(mdp, other)[None, :]
        matrices["Z"] = np.diag([0] * (n - 1) + [1])
        matrices["N"] = np.eye(n, dtype=int) - matrices["Z"]
        visited = [Fraction(int(x.p), int(x.q)) for x in matrices["d"][0][: n - 1]]
        scalars |= {"c": Fraction(1, 100), "k": 1 / min(visited)}
    if name == "rescaled_value":
        low, scale = Fraction(1, 10), Fraction(3, 7)
        scaled = (mdp.rewards - flint.fmpq(1, 10)) * flint.fmpq(3, 7)
        other = FiniteMDP(mdp.transitions, scaled, mdp.discount, mdp.start)
        matrices["V'"] = theory.value(other, policy)[:, None]
        scalars |= {"low": low, "scale": scale}
    if name == "policy_gradient":
        matrices |= moving(mdp)
    return matrices, {"S": mdp.n_states, "SA": mdp.rewards.size}, scalars


def read(name, seed, **changes):
    """Return the arguments with which a chain is read in an interpretation."""
    matrices, sizes, scalars = interpretation(name, seed)
    matrices |= changes
    values = {atom: matrices[atom.name] for atom in atoms_of(CHAINS[name])}
    return values, sizes, scalars


def fails(chain):
    with pytest.raises(CertificateRejected) as told:
        verify_chain(chain)
    return str(told.value)


@every_chain
def test_it_verifies(name):
    assert verify_chain(CHAINS[name]).links > 0


@every_chain
def test_no_line_can_be_left_out_and_no_relation_made_stronger(name):
    assert surviving(CHAINS[name]) == ()
    assert len(list(mutants(CHAINS[name]))) >= len(CHAINS[name].lines)


@every_chain
def test_what_is_unused_is_only_said_for_the_reader(name):
    """Common hypotheses stand in every chain; of the steps, one is shown and not needed."""
    chain = CHAINS[name]
    unused = set(verify_chain(chain).unused)
    hypotheses = {line.name for line in chain.lines if isinstance(line, Hypothesis)}
    assert unused - hypotheses <= {"V=M Pi r", "resolvent"}


@every_chain
@pytest.mark.parametrize("seed", SEEDS)
def test_hypotheses_and_links_hold_in_a_random_task(name, seed):
    values, sizes, scalars = read(name, seed)
    assert violations(CHAINS[name], values, sizes, scalars, at=Fraction(1)) == ()


@every_chain
def test_a_wrong_constant_in_any_link_is_refused(name):
    chain = CHAINS[name]
    for k, line in enumerate(chain.lines):
        if not isinstance(line, Link):
            continue
        for side in ("left", "right"):
            whole = getattr(line.fact, side)
            if not whole.terms:
                continue
            wrong = replace(line.fact, **{side: 2 * whole})
            lines = (*chain.lines[:k], replace(line, fact=wrong), *chain.lines[k + 1 :])
            concludes = line.fact == chain.conclusion
            conclusion = wrong if concludes else chain.conclusion
            assert line.name in fails(replace(chain, lines=lines, conclusion=conclusion))


@every_chain
def test_a_multiple_that_is_left_out_or_turned_around_is_refused(name):
    chain = CHAINS[name]
    for k, line in enumerate(chain.lines):
        for m in range(len(line.because) if isinstance(line, Link) else 0):
            rest = line.because[:m] + line.because[m + 1 :]
            for because in (rest, (*rest, replace(line.because[m], before=None, after=None))):
                if because[-1:] == line.because[-1:] and len(because) == len(line.because):
                    continue  # it had no multipliers
                if sorted(map(repr, because)) == sorted(map(repr, line.because)):
                    continue
                lines = (*chain.lines[:k], replace(line, because=because), *chain.lines[k + 1 :])
                assert line.name in fails(replace(chain, lines=lines))


NEEDS_DISCOUNT = [name for name in CHAINS if verify_chain(CHAINS[name]).rules.count("neumann")]


@pytest.mark.parametrize("name", NEEDS_DISCOUNT)
def test_a_discount_of_one_is_refused(name):
    chain = CHAINS[name]
    scalars = chain.scalars.replace(gamma_i=closed_interval(0, 1))
    assert fails(replace(chain, scalars=scalars))


def test_all_but_two_need_a_discount():
    assert set(CHAINS) - set(NEEDS_DISCOUNT) == {
        "advantage_averages_to_zero",
        "softmax_sums_to_one",
    }


@pytest.mark.parametrize(
    ("name", "atom", "violated"),
    [
        ("value_upper", "V", "bellman"),
        ("value_lower", "r", "r>=0"),
        ("advantage_upper", "Pi", "PiB=I"),
        ("stationary_is_optimal", "W^-1", "positive"),
        ("visitation_is_resolvent", "d", "visits"),
        ("policy_gradient", "Pi'", "softmax"),
        ("deterministic_is_enough", "P", "P1=1"),
    ],
)
def test_an_interpretation_that_breaks_a_hypothesis_is_found_out(name, atom, violated):
    wrong = -as_array(interpretation(name, 1)[0][atom], NumberKind.SYMBOLIC)
    values, sizes, scalars = read(name, 1, **{atom: wrong})
    assert violated in violations(CHAINS[name], values, sizes, scalars, at=Fraction(1))
    assert not satisfied_by(CHAINS[name], values, sizes, scalars, at=Fraction(1))


def test_a_policy_that_is_not_optimal_violates_bellman_optimality():
    mdp = random_problem(1, n_tasks=1, n_states=3, n_actions=2, exact=True).tasks[0]
    policy = mixed(1, mdp)
    changes = of_policy(mdp, policy) | of_policy(mdp, greedy(mdp, policy), "g")
    values, sizes, scalars = read("bellman_optimality", 1, **changes)
    assert "optimal" in violations(CHAINS["bellman_optimality"], values, sizes, scalars)
