"""Property tests beside the claims, in the way of any pytest suite."""

import numpy as np
import pytest
from hypothesis import given

from dcpg_theory import strategies, theory
from dcpg_theory.ledger import judge
from dcpg_theory.testing import assert_smooth


@pytest.mark.claims("bandit-*")
def test_the_claims_are_proved(dcpg_claim):
    assert judge(dcpg_claim).verdict == "proved"


@pytest.mark.claim("bandit-lojasiewicz")
@given(strategies.finite_mdps(max_states=1, min_actions=2), strategies.softmax_policies(1, 2))
def test_the_inequality_holds_in_the_discounted_bandit_too(mdp, policy):
    if mdp.n_actions == 2:
        gradient = theory.value_gradient(mdp, policy)[0]
        advantage = theory.advantage(mdp, policy)[0]
        bound = policy[0, 0] * advantage[0] / (1 - mdp.discount)
        assert bound * bound <= (gradient * gradient).sum()


def test_bandits_are_five_halves_smooth():
    rewards = np.array([1.0, 0.0, 1.0])

    def gradient(theta):
        policy = np.exp(theta - theta.max())
        policy /= policy.sum()
        return policy * (rewards - policy @ rewards)

    assert assert_smooth(gradient, 5 / 2, shape=(3,)) < 1
