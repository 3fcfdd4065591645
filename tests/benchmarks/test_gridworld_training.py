"""The fused loop against a plain Python loop over Gymnasium environments, in one run.

`measure` is what `gridworld_training.json` beside this file was made with (python THIS FILE); the
test compares the two in a few rounds. Both draw the same kind of episodes under nearly the same
policy and do the same update, which the test checks on the side.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from pathlib import Path

import gymnasium
import numpy as np

from dcpg_theory.engine.monte_carlo import Episodic
from dcpg_theory.engine.monte_carlo_training import train_monte_carlo
from dcpg_theory.gridworld import setting
from dcpg_theory.gridworld.experiments import gap_of, paper_mixing, train_exactly

HORIZON, STEP, GAMMA = 200, 1e-6, 0.95
MAKE = "dcpg_theory.gridworld.environments:dcpg_theory/GridWorld"


def softmax(row):
    weights = np.exp(row - row.max())
    return weights / weights.sum()


def plain_rounds(world, W, rounds, seed, horizon=HORIZON):
    """REINFORCE step by step: every visit, no baseline, one episode of each agent a round."""
    environments = [
        gymnasium.make(f"{MAKE}-v0", world=world, task=i, disable_env_checker=True)
        for i in range(world.n_tasks)
    ]
    rng = np.random.default_rng(seed)
    theta = np.zeros((world.n_tasks, environments[0].observation_space.n, 4))
    made = 0
    for _ in range(rounds):
        gradients = np.zeros_like(theta)
        for i, env in enumerate(environments):
            state, _ = env.reset(seed=int(rng.integers(2**31)))
            steps, terminated = [], False
            while not terminated and len(steps) < horizon:
                action = int(rng.choice(4, p=softmax(theta[i, state])))
                after, reward, terminated, _, _ = env.step(action)
                steps.append((state, action, reward))
                state = after
            made += len(steps)
            G = 0.0
            for t in range(len(steps) - 1, -1, -1):
                state, action, reward = steps[t]
                G = reward + GAMMA * G
                score = -softmax(theta[i, state])
                score[action] += 1
                gradients[i, state] += GAMMA**t * G * score
        theta = np.tensordot(W, theta, axes=1) + STEP * gradients
    return theta, made


def fused_rounds(world, mixing, rounds, seed, batch=1, horizon=HORIZON):
    estimator = Episodic(batch=batch, horizon=horizon)
    problem = world.problem()
    begin = time.process_time()
    run = train_monte_carlo(
        problem, mixing, step_size=STEP, rounds=rounds, estimator=estimator, seed=seed
    )
    return run, time.process_time() - begin


def speeds(world, plain, fused, repeats, horizon=HORIZON):
    """Return CPU seconds a step of both, the least of interleaved repeats.

    Episodes differ in length, and of a few rounds the shortest ones would win: so time is counted
    by the step, with all that a round costs besides.
    """
    mixing = paper_mixing(4)
    fused_rounds(world, mixing, 1, 0)
    slow, fast = [], []
    for k in range(repeats):
        begin = time.process_time()
        _, made = plain_rounds(world, mixing.matrix, plain, k, horizon)
        slow.append((time.process_time() - begin) / made)
        run, seconds = fused_rounds(world, mixing, fused, k, horizon=horizon)
        fast.append(seconds / run.steps)
    return min(slow), min(fast)


def test_fused_loop_leaves_the_plain_one_behind():
    slow, fast = speeds(setting("fig2a").world, plain=3, fused=1000, repeats=2)
    # Five to seven hundred in practice; a factor of 50 survives any load: both ran side by side.
    assert slow > 50 * fast


def test_both_loops_do_the_same_update_on_average():
    """Mean estimates of 200 rounds against 20 000, entry by entry within eight standard errors."""
    world, mixing = setting("fig2c").world, paper_mixing(4)
    plain = plain_rounds(world, mixing.matrix, 200, 1)[0].mean(axis=0) / (200 * STEP)
    fused = fused_rounds(world, mixing, 20_000, 2)[0].mean_parameters[:100] / (20_000 * STEP)
    chunks = [
        fused_rounds(world, mixing, 200, 10 + k)[0].mean_parameters[:100] / (200 * STEP)
        for k in range(30)
    ]
    error = np.std(chunks, axis=0) + 1e-4
    assert (np.abs(plain - fused) < 8 * error).all()


def measure():
    """Return the figures of the issue's limits on this machine."""
    found, mixing = {}, paper_mixing(4)
    cases = (
        ("fig2a", setting("fig2a").world, HORIZON),
        ("fig2c", setting("fig2c").world, HORIZON),
        ("episodes of 105 steps", setting("fig2a").world.with_endings("walk-through"), 105),
    )
    for name, world, horizon in cases:
        slow, fast = speeds(world, plain=5, fused=1000, repeats=15, horizon=horizon)
        run, _ = fused_rounds(world, mixing, 1000, 0, horizon=horizon)
        batch = min(
            fused_rounds(world, mixing, 20, k, batch=100, horizon=horizon)[1] / 20
            for k in range(15)
        )
        exact = []
        for _ in range(2):
            begin = time.process_time()
            train_exactly(world, step_size=1.0, iterations=100_000)
            exact.append(time.process_time() - begin)
        begin = time.process_time()
        gap_of(world, train_exactly(world).evaluation.policy)
        found[name] = {
            "steps_per_episode": run.steps / 4000,
            "plain_python_ns_a_step": slow * 1e9,
            "fused_ns_a_step": fast * 1e9,
            "times_faster": slow / fast,
            "plain_python_ms_a_round": slow * run.steps,
            "fused_us_a_round": fast * run.steps * 1e3,
            "thousand_rounds_s": fast * run.steps,
            "rounds_a_second_with_100_episodes": 1 / batch,
            "exact_100000_iterations_s": min(exact),
            "exact_training_with_certificate_s": time.process_time() - begin,
        }
    return {
        "what": "4 agents, 10 x 10, uniform policy (steps of 1e-6), the least CPU time of repeats",
        **found,
        "python": platform.python_version(),
        "machine": "2 cores, shared with other work",
    }


if __name__ == "__main__":
    found = measure()
    text = json.dumps(found, indent=2) + "\n"
    sys.stdout.write(text)
    Path(__file__).with_name("gridworld_training.json").write_text(text, encoding="utf-8")
