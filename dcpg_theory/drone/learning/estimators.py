r"""Three estimators of the policy gradient behind one interface: REINFORCE, A2C and PPO.

Each gives a loss whose gradient, downhill, is the estimate of g_i in (9). With n steps in the
episode, G_t the discounted return from step t on and A_t an advantage scaled to mean 0 and variance
1 over the episode,

=========  ==========================================================  ======================
estimator  loss                                                        advantage of
=========  ==========================================================  ======================
REINFORCE  -(1/n) sum_t A_t log pi(a_t | s_t)                          G_t
A2C        the same, + (1/2n) sum_t (v(s_t) - (1 - gamma) G_t)^2       (1 - gamma) G_t - v(s_t)
PPO        -(1/n) sum_t min(r_t A_t, clip(r_t, 1 - e, 1 + e) A_t),     (1 - gamma) G_t - v(s_t)
           + the critic's as for A2C; r_t = pi(a_t|s_t) / pi_old
=========  ==========================================================  ======================

and to each is added lambda (1/n) sum_t (1/25) sum_a -log pi(a | s_t), the cross entropy regularizer
of Appendix C.1 with lambda = 0.03. Returns are every-visit Monte Carlo ones, as there. The critic
sees returns scaled by 1 - gamma, so that its values lie in [-1, 1].

REINFORCE and A2C do one step of Adam an episode, on all of it; PPO does three passes over the
episode in shuffled parts of 32.

References
----------
R. Williams, Machine Learning 8 (1992); V. Mnih et al., ICML 2016; J. Schulman et al., "Proximal
policy optimization algorithms", 2017; D. Kingma, J. Ba, "Adam", ICLR 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from dcpg_theory.drone.learning.episodes import Episode, returns
from dcpg_theory.drone.learning.network import Parameters, features, log_policy, values
from dcpg_theory.drone.simulator import FRAME_SIZE
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["ESTIMATORS", "Batch", "Estimator", "Update", "acting", "estimator", "optimizer"]

DISCOUNT = 0.99
REGULARIZATION = 0.03
STEP_SIZE = 1e-4
BETAS = (0.9, 0.999)
CLIP = 0.2
PART = 32
_SIZES = (PART, 8)
"""Of the batches that gradients are compiled for; the last one is filled up with weight 0."""


class Batch(NamedTuple):
    """Some steps of an episode.

    Attributes
    ----------
    frames : uint8 array, shape (size, 103, 103, 3)
    actions : int array, shape (size,)
    advantages, targets, old : float32 arrays, shape (size,)
        The advantage, what the critic is to say, and log pi(a | s) of the policy that flew.
    weights : float32 array, shape (size,)
        One over the number of steps that count; 0 fills up.
    """

    frames: Any
    actions: Any
    advantages: Any
    targets: Any
    old: Any
    weights: Any


Loss = Callable[[Parameters, Batch], Any]


@dataclass(frozen=True, slots=True)
class Estimator:
    """A gradient estimator.

    Attributes
    ----------
    name : str
    critic : bool
        Whether it has one.
    passes : int
        How often the episode is gone through.
    parts : bool
        Whether a step is done for each shuffled part of 32, or one for the whole episode.
    loss : callable
        Of parameters and a `Batch`, a sum over its steps.
    """

    name: str
    critic: bool
    passes: int
    parts: bool
    loss: Loss


def _heads(parameters: Parameters, batch: Batch) -> tuple[Any, Any, Any]:
    """Return log pi(a_t | s_t), the regularizer at each step, and what the convolutions see."""
    seen = features(parameters["policy"], batch.frames)
    logs = log_policy(parameters["policy"], seen)
    chosen = jnp.take_along_axis(logs, batch.actions[:, None], axis=1)[:, 0]
    return chosen, -logs.mean(axis=1), seen


def _critic_loss(parameters: Parameters, batch: Batch, seen: Any) -> Any:
    return 0.5 * (values(parameters["critic"], seen) - batch.targets) ** 2


def _reinforce(parameters: Parameters, batch: Batch) -> Any:
    chosen, cross_entropy, _ = _heads(parameters, batch)
    return (batch.weights * (REGULARIZATION * cross_entropy - batch.advantages * chosen)).sum()


def _a2c(parameters: Parameters, batch: Batch) -> Any:
    chosen, cross_entropy, seen = _heads(parameters, batch)
    actor = REGULARIZATION * cross_entropy - batch.advantages * chosen
    return (batch.weights * (actor + _critic_loss(parameters, batch, seen))).sum()


def _ppo(parameters: Parameters, batch: Batch) -> Any:
    chosen, cross_entropy, seen = _heads(parameters, batch)
    ratio = jnp.exp(chosen - batch.old)
    clipped = jnp.clip(ratio, 1 - CLIP, 1 + CLIP)
    gain = jnp.minimum(ratio * batch.advantages, clipped * batch.advantages)
    actor = REGULARIZATION * cross_entropy - gain
    return (batch.weights * (actor + _critic_loss(parameters, batch, seen))).sum()


ESTIMATORS = {
    found.name: found
    for found in (
        Estimator("reinforce", critic=False, passes=1, parts=False, loss=_reinforce),
        Estimator("a2c", critic=True, passes=1, parts=False, loss=_a2c),
        Estimator("ppo", critic=True, passes=3, parts=True, loss=_ppo),
    )
}


def estimator(name: str) -> Estimator:
    """Return an estimator by its name.

    Raises
    ------
    InvalidInput
        If there is none of this name.
    """
    if name not in ESTIMATORS:
        raise InvalidInput(f"algorithm {name!r} must be one of {', '.join(ESTIMATORS)}")
    return ESTIMATORS[name]


@cache
def optimizer() -> Any:
    """Return Adam with the settings of Appendix C.1."""
    return optax.adam(STEP_SIZE, b1=BETAS[0], b2=BETAS[1])


@cache
def acting() -> Callable[[dict[str, Any], Array], Array]:
    """Return the function from a policy and a frame to log pi(a | s), shape (25,)."""
    compiled = jax.jit(lambda policy, frames: log_policy(policy, features(policy, frames)))
    return lambda policy, frame: np.asarray(compiled(policy, frame[None]))[0]


@cache
def _gradient(name: str) -> Any:
    return jax.jit(jax.grad(ESTIMATORS[name].loss))


@cache
def _critic() -> Any:
    return jax.jit(
        lambda parameters, frames: values(
            parameters["critic"], features(parameters["policy"], frames)
        )
    )


@cache
def _adam() -> Any:
    def step(parameters: Parameters, state: Any, gradient: Parameters) -> tuple[Parameters, Any]:
        change, following = optimizer().update(gradient, state, parameters)
        return optax.apply_updates(parameters, change), following

    return jax.jit(step)


@cache
def _plus() -> Any:
    return jax.jit(lambda one, two: jax.tree.map(jnp.add, one, two))


@cache
def _norm() -> Any:
    return jax.jit(lambda tree: jnp.sqrt(sum(jnp.vdot(x, x) for x in jax.tree.leaves(tree))))


class Update(NamedTuple):
    """What learning from one episode gives.

    Attributes
    ----------
    parameters : Parameters
        After Adam's step or steps.
    state : Any
        Adam's.
    gradient_norm : float
        Of the policy's first gradient.
    """

    parameters: Parameters
    state: Any
    gradient_norm: float


def update(
    method: Estimator,
    parameters: Parameters,
    state: Any,
    episode: Episode,
    rng: np.random.Generator,
) -> Update:
    """Learn from one episode.

    Parameters
    ----------
    method : Estimator
    parameters : Parameters
    state : Any
        Adam's.
    episode : Episode
        Of at least one step.
    rng : numpy.random.Generator
        Of the order of PPO's parts.
    """
    whole = _prepared(method, parameters, episode)
    norm = None
    for _ in range(method.passes):
        order = rng.permutation(episode.n_steps) if method.parts else np.arange(episode.n_steps)
        ends = range(PART, episode.n_steps, PART) if method.parts else ()
        for part in np.split(order, list(ends)):
            gradient = _whole_gradient(method, parameters, whole, part)
            if norm is None:
                norm = float(_norm()(gradient["policy"]))
            parameters, state = _adam()(parameters, state, gradient)
    return Update(parameters, state, norm or 0.0)


def _prepared(method: Estimator, parameters: Parameters, episode: Episode) -> Batch:
    """Return all steps of an episode with their advantages."""
    found = (1 - DISCOUNT) * returns(episode.rewards, DISCOUNT)
    advantages = found - _baseline(parameters, episode) if method.critic else found
    advantages = advantages - advantages.mean()
    advantages = advantages / max(float(advantages.std()), 1e-8)
    return Batch(
        episode.frames,
        episode.actions,
        advantages.astype(np.float32),
        found.astype(np.float32),
        episode.log_probabilities,
        np.ones(episode.n_steps, np.float32),
    )


def _baseline(parameters: Parameters, episode: Episode) -> Array:
    parts = []
    for chosen, _ in _pieces(np.arange(episode.n_steps)):
        frames = _filled(episode.frames[chosen], _size(len(chosen)))
        parts.append(np.asarray(_critic()(parameters, frames))[: len(chosen)])
    return np.concatenate(parts).astype(np.float64)


def _whole_gradient(
    method: Estimator, parameters: Parameters, whole: Batch, steps: Array
) -> Parameters:
    """Return the gradient of the mean loss over some steps, batch by batch."""
    total: Parameters | None = None
    for chosen, size in _pieces(steps):
        picked = Batch(*(_filled(part[chosen], size) for part in whole))
        weights = np.where(np.arange(size) < len(chosen), 1 / len(steps), 0).astype(np.float32)
        gradient = _gradient(method.name)(parameters, picked._replace(weights=weights))
        total = gradient if total is None else _plus()(total, gradient)
    if total is None:
        raise InvalidInput("an episode must have at least one step")
    return total


def _size(count: int) -> int:
    """Return the smallest compiled size that holds so many steps."""
    return min(size for size in _SIZES if size >= count)


def _pieces(steps: Array) -> Iterator[tuple[Array, int]]:
    """Cut steps into batches: as many large ones as are full, then small ones."""
    large, small = _SIZES
    full = len(steps) // large * large
    for first in range(0, full, large):
        yield steps[first : first + large], large
    for first in range(full, len(steps), small):
        yield steps[first : first + small], small


def _filled(part: Array, size: int) -> Array:
    """Fill up with zeros to a size."""
    if len(part) == size:
        return part
    return np.concatenate([part, np.zeros((size - len(part), *part.shape[1:]), part.dtype)])


def warm_up(method: Estimator, parameters: Parameters) -> None:
    """Compile all that an update needs, so that a first episode is as fast as the others."""
    for size in _SIZES:
        frames = np.zeros((size, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        zeros = np.zeros(size, np.float32)
        batch = Batch(frames, np.zeros(size, np.int32), zeros, zeros, zeros, zeros)
        jax.block_until_ready(_gradient(method.name)(parameters, batch))
        if method.critic:
            jax.block_until_ready(_critic()(parameters, frames))
    acting()(parameters["policy"], np.zeros((FRAME_SIZE, FRAME_SIZE, 3), np.uint8))
