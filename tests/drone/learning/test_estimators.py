"""The three gradient estimators, against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput


@pytest.fixture
def start():
    """Random parameters whose policy is far from uniform, and Adam's first state."""
    from dcpg_theory.drone.learning.estimators import optimizer
    from dcpg_theory.drone.learning.network import starting_parameters

    parameters = starting_parameters(np.random.default_rng(0), critic=True)
    parameters["policy"]["full_2_weights"] *= 100
    return parameters, optimizer().init(parameters)


def batch_of(episode, parameters, name, advantages=None):
    from dcpg_theory.drone.learning import estimators

    whole = estimators._prepared(estimators.estimator(name), parameters, episode)
    weights = np.full(episode.n_steps, 1 / episode.n_steps, np.float32)
    if advantages is not None:
        whole = whole._replace(advantages=np.asarray(advantages, np.float32))
    return whole._replace(weights=weights)


def logs(parameters, frames):
    from dcpg_theory.drone.learning.network import features, log_policy

    policy = parameters["policy"]
    return np.asarray(log_policy(policy, features(policy, frames)), np.float64)


def test_returns_are_discounted_sums():
    from dcpg_theory.drone.learning.episodes import returns

    rewards = np.random.default_rng(0).standard_normal(7)
    expected = [sum(0.9**k * rewards[t + k] for k in range(7 - t)) for t in range(7)]
    np.testing.assert_allclose(returns(rewards, 0.9), expected)


def test_advantages_are_standardized_monte_carlo_returns(start, episode):
    from dcpg_theory.drone.learning.episodes import returns
    from dcpg_theory.drone.learning.network import features, values

    parameters, _ = start
    flown = episode(5)
    scaled = 0.01 * returns(flown.rewards, 0.99)
    batch = batch_of(flown, parameters, "reinforce")
    np.testing.assert_allclose(batch.targets, scaled, rtol=1e-6)
    np.testing.assert_allclose(
        batch.advantages, (scaled - scaled.mean()) / scaled.std(), rtol=1e-5, atol=1e-6
    )
    seen = features(parameters["policy"], flown.frames)
    gap = scaled - np.asarray(values(parameters["critic"], seen), np.float64)
    np.testing.assert_allclose(
        batch_of(flown, parameters, "a2c").advantages,
        (gap - gap.mean()) / gap.std(),
        rtol=1e-3,
        atol=1e-3,
    )


@pytest.mark.parametrize("name", ["reinforce", "a2c", "ppo"])
def test_losses_are_the_formulas(start, episode, name):
    from dcpg_theory.drone.learning.estimators import ESTIMATORS
    from dcpg_theory.drone.learning.network import features, values

    parameters, _ = start
    flown = episode(4)
    table = logs(parameters, flown.frames)
    chosen = table[np.arange(4), flown.actions]
    A = np.array([1.0, -0.5, 2.0, -2.0])
    old = chosen - np.log([1.0, 1.5, 1.5, 0.5])  # ratios, two of them beyond the clip
    batch = batch_of(flown, parameters, name, A)._replace(old=old.astype(np.float32))
    gain = A * chosen
    if name == "ppo":
        ratio = np.exp(chosen - old)
        gain = np.minimum(ratio * A, np.clip(ratio, 0.8, 1.2) * A)
        np.testing.assert_allclose(gain, [1, -0.75, 2.4, -1.6], rtol=1e-5)
    expected = -gain + 0.03 * -table.mean(axis=1)
    if name != "reinforce":
        seen = features(parameters["policy"], flown.frames)
        expected = expected + 0.5 * (values(parameters["critic"], seen) - batch.targets) ** 2
    found = ESTIMATORS[name].loss(parameters, batch)
    assert float(found) == pytest.approx(float(np.mean(expected)), rel=1e-4)


def gradient_of(parameters, batch, size):
    """Return the compiled gradient of REINFORCE, of a batch filled up to a compiled size."""
    from dcpg_theory.drone.learning import estimators

    filled = estimators.Batch(*(estimators._filled(part, size) for part in batch))
    return estimators._gradient("reinforce")({"policy": parameters["policy"]}, filled)["policy"]


def test_reinforce_points_to_where_good_actions_are_likelier(start, episode):
    """One step along the gradient changes log pi of an action as the sign of its advantage says."""
    parameters, _ = start
    flown = episode(1)
    for advantage in (1.0, -1.0):
        batch = batch_of(flown, parameters, "reinforce", [advantage])
        gradient = gradient_of(parameters, batch, 8)
        policy = parameters["policy"]
        moved = {name: layer - 1e-4 * np.asarray(gradient[name]) for name, layer in policy.items()}
        before, after = (
            logs({"policy": one}, flown.frames)[0, flown.actions[0]] for one in (policy, moved)
        )
        assert np.sign(after - before) == advantage


def test_the_gradient_of_an_episode_does_not_depend_on_how_it_is_cut(start, episode):
    from dcpg_theory.drone.learning import estimators

    parameters, _ = start
    batch = batch_of(episode(11), parameters, "reinforce")
    whole = gradient_of(parameters, batch, 32)
    pieces = estimators._whole_gradient(
        estimators.estimator("reinforce"), {"policy": parameters["policy"]}, batch, np.arange(11)
    )["policy"]
    for name, layer in whole.items():
        np.testing.assert_allclose(layer, pieces[name], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("n_steps", "sizes"), [(1, [8]), (8, [8]), (32, [32]), (45, [32, 8, 8])])
def test_batches_have_compiled_sizes(n_steps, sizes):
    from dcpg_theory.drone.learning.estimators import _pieces

    found = list(_pieces(np.arange(n_steps)))
    assert [size for _, size in found] == sizes
    np.testing.assert_array_equal(np.concatenate([part for part, _ in found]), np.arange(n_steps))


def test_an_update_of_reinforce_is_one_step_of_adam(start, episode):
    """Adam's first step is alpha times the sign of the gradient, where it is not tiny."""
    from dcpg_theory.drone.learning import estimators

    parameters = {"policy": start[0]["policy"]}
    state = estimators.optimizer().init(parameters)
    update = estimators.update(
        estimators.estimator("reinforce"), parameters, state, episode(6), np.random.default_rng(0)
    )
    moved = np.abs(update.parameters["policy"]["full_1_bias"] - parameters["policy"]["full_1_bias"])
    assert moved.max() == pytest.approx(1e-4, rel=1e-2)
    assert int(update.state[0].count) == 1
    assert update.gradient_norm > 0


def test_an_unknown_algorithm_is_refused():
    from dcpg_theory.drone.learning.estimators import estimator

    with pytest.raises(InvalidInput, match="algorithm 'dqn' must be one of reinforce, a2c, ppo"):
        estimator("dqn")


def test_actions_are_sampled_from_the_policy():
    from dcpg_theory.drone.learning.episodes import sampled_action

    log = np.log(np.array([0.2, 0.5, 0.3]))
    assert [sampled_action(log, u) for u in (0.0, 0.19, 0.21, 0.69, 0.71, 0.999)] == [
        0, 0, 1, 1, 2, 2,
    ]  # fmt: skip
    assert sampled_action(log, np.nextafter(1, 0)) == 2
