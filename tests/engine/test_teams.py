"""One process holds all agents, and sums go in the agents' order."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine.mpi import block
from dcpg_theory.engine.teams import Together, summed


def test_a_sum_goes_in_order_wherever_it_is_cut():
    terms = np.random.default_rng(0).standard_normal((9, 4)) * 10.0 ** np.arange(9)[:, None]
    whole = summed(terms)
    for cut in range(10):
        np.testing.assert_array_equal(summed(terms[cut:], summed(terms[:cut])), whole)
    backwards = summed(terms[::-1])
    assert (backwards != whole).any()


def test_together_everyone_is_at_hand():
    team, own = Together(3), np.arange(6.0).reshape(3, 2)
    heard, place = team.exchange(None, own).finish(), team.places(None)
    np.testing.assert_array_equal(heard[place(2)], own[2])
    np.testing.assert_array_equal(team.everyones(own), own)
    np.testing.assert_array_equal(team.total(own), own.sum(axis=0))
    assert (team.least(4), team.at_root(lambda: 5), team.agents) == (4, 5, range(3))


@pytest.mark.parametrize(("n_agents", "n_ranks"), [(5, 1), (5, 3), (5, 5), (2, 4), (1000, 7)])
def test_every_agent_lives_on_one_rank_and_none_has_two_more_than_another(n_agents, n_ranks):
    blocks = [block(n_agents, n_ranks, rank) for rank in range(n_ranks)]
    assert [agent for agents in blocks for agent in agents] == list(range(n_agents))
    sizes = [len(agents) for agents in blocks]
    assert max(sizes) - min(sizes) <= 1
