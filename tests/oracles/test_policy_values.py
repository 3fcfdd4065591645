"""Values and visitations of policies from packages that nobody here wrote."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
import sympy

from dcpg_theory import theory
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models import example_1, example_2, example_policy, random_problem

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


def in_prism(transitions, pay, first, gamma, constants=()):
    """The chain in Storm's language: with 1 - gamma each step leads to an end that pays nothing."""
    n = len(pay)
    lines = ["dtmc", *(f"const double {name};" for name in constants)]
    lines += ["module chain", f"  s : [0..{n}] init {first};"]
    for s in range(n):
        steps = [f"({gamma})*({p}):(s'={t})" for t, p in enumerate(transitions[s]) if p]
        steps.append(f"1-({gamma}):(s'={n})")
        lines.append(f"  [] s={s} -> {' + '.join(steps)};")
    lines += [f"  [] s={n} -> (s'={n});", "endmodule", f'label "end" = s={n};', "rewards"]
    lines += [f"  s={s} : {x};" for s, x in enumerate(pay)]
    # Long whole numbers overflow there, decimals do not.
    return re.sub(r"\d{10,}", r"\g<0>.0", "\n".join([*lines, "endrewards", ""]))


def asked_of_storm(stormpy, numbers, source):
    """Storm's value of the chain in a file, in its own kind of numbers."""
    program = stormpy.parse_prism_program(str(source))
    (query,) = stormpy.parse_properties('R=? [F "end"]', program)
    model = stormpy.build_model[numbers](program, [query])
    return stormpy.model_checking(model, query).get_value(model.initial_states[0])


EXACT = {
    **{name: task for name, task in TASKS.items() if name.startswith("example")},
    **{f"random-{seed}": random_problem(seed, 1, 6, 3).to_rational(rescale=True).tasks[0]
       for seed in range(3)},
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_storm_has_the_exact_values(name, tmp_path):
    stormpy = pytest.importorskip("stormpy", minversion="2.0", reason="stormpy 2 is not installed")
    task = EXACT[name]
    policy, n, actions = some_policy(task), task.n_states, range(task.n_actions)
    P, R = (np.vectorize(lambda x: Fraction(str(x)), otypes=[object])(part)
            for part in (task.transitions, task.rewards))  # fmt: skip
    chain = [[sum(policy[s][a] * P[s, a, t] for a in actions) for t in range(n)] for s in range(n)]
    pay = [sum(policy[s][a] * R[s, a] for a in actions) for s in range(n)]
    least = min(pay)  # rewards must not be negative there: each step is paid so much more
    source = tmp_path / "chain.prism"
    gamma = Fraction(str(task.discount))
    for s, value in enumerate(theory.value(task, policy)):
        source.write_text(in_prism(chain, [x - least for x in pay], s, gamma), encoding="utf-8")
        theirs = asked_of_storm(stormpy, stormpy.Rational, source)
        assert Fraction(str(theirs)) + least / (1 - gamma) == Fraction(str(value))


@pytest.mark.parametrize("example", [1, 2])
def test_storm_has_the_values_as_functions_of_the_parameters(example, tmp_path):
    """For all discounts, all p and all probabilities of L at S3 at once."""
    stormpy = pytest.importorskip("stormpy", minversion="2.0", reason="stormpy 2 is not installed")
    gamma, p, left = symbols("gamma", "p", "left")
    read = {name: sympy.Symbol(name) for name in ("gamma", "p", "left")}

    def parsed(value):
        return sympy.sympify(str(value).replace("^", "**"), read)

    problem = example_1(gamma) if example == 1 else example_2(gamma, p)
    policy = example_policy(1, left, 1)
    source = tmp_path / "chain.prism"
    for task in problem.tasks:
        states, actions = range(task.n_states), range(task.n_actions)
        entry = np.vectorize(parsed, otypes=[object])
        P, R, pi = entry(task.transitions), entry(task.rewards), entry(np.array(policy))
        chain = [
            [sympy.expand(sum(pi[s, a] * P[s, a, t] for a in actions)) for t in states]
            for s in states
        ]
        more = 2  # rewards must not be negative there: each step is paid so much more
        pay = [sympy.expand(sum(pi[s, a] * R[s, a] for a in actions) + more) for s in states]
        for s, value in enumerate(theory.value(task, policy)):
            text = in_prism(chain, pay, s, "gamma", ("gamma", "p", "left"))
            source.write_text(text.replace("**", "^"), encoding="utf-8")
            theirs = parsed(asked_of_storm(stormpy, stormpy.RationalFunction, source))
            assert sympy.cancel(theirs - more / (1 - read["gamma"]) - parsed(value)) == 0
