from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
import quantecon as qe

from dcpg_theory import theory
from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.gridworld import parse_map
from dcpg_theory.gridworld.optimum import rounded_policy
from dcpg_theory.gridworld.rational_tasks import (
    Optimum,
    optimal_value,
    rational_task,
    world_task,
)
from dcpg_theory.models import FiniteMDP, random_problem

WORLD = parse_map("S..X\n.#.G\n....\n")
PROBLEM = random_problem(5, 2, 6, 3, exact=True)


def test_values_are_the_general_ones():
    for task in PROBLEM.tasks:
        policy = rounded_policy(np.random.default_rng(0).dirichlet(np.ones(3), 6))
        dense = [[dict(row).get(a, flint.fmpq(0)) for a in range(3)] for row in policy]
        exact = rational_task(task)
        assert exact.value(policy) == list(theory.value(task, dense))
        assert exact.visitation(policy) == list(theory.visitation(task, dense))
        assert exact.at_start(exact.value(policy)) == theory.objective(task, dense)


@pytest.mark.parametrize("seed", range(5))
def test_optimum_is_quantecons(seed):
    task = random_problem(seed, 1, 6, 3, exact=True).tasks[0]
    ours = optimal_value(rational_task(task))
    floats = task.to_float()
    ddp = qe.markov.DiscreteDP(floats.rewards, floats.transitions, floats.discount)
    theirs = ddp.solve(method="policy_iteration")
    assert np.allclose([float(v) for v in ours.values], theirs.v)


def test_shortest_way_is_the_optimum():
    optimum = optimal_value(world_task(WORLD, 0))
    assert optimum.value == flint.fmpq(19, 20) ** 3  # right, right, down, right


def test_choices_restrict_the_policy():
    task = rational_task(FiniteMDP([[[1], [1]]], [[1, 0]], Fraction(1, 2), [1]))
    half, one = flint.fmpq(1, 2), flint.fmpq(1)
    assert optimal_value(task).value == 2
    limited = {0: (((0, half), (1, half)), ((1, one),))}
    assert optimal_value(task, limited).value == 1


def test_wrong_certificates_are_rejected():
    good = optimal_value(world_task(WORLD, 0))
    good.check()
    raised = (good.values[0] + 1, *good.values[1:])
    stay = tuple(((2, flint.fmpq(1)),) for _ in good.policy)
    staying = tuple(good.task.value(stay))
    for policy, values in ((good.policy, raised), (stay, staying)):
        with pytest.raises(CertificateRejected):
            Optimum(good.task, {}, policy, values).check()


def test_floats_that_do_not_sum_to_one_are_refused():
    third = 1 / 3
    floats = FiniteMDP([[[0.1, 0.2, 0.7]]] * 3, [[0]] * 3, 0.5, [third, third, third])
    with pytest.raises(InvalidInput, match="state 0, action 0: the floats do not sum to one"):
        rational_task(floats)
