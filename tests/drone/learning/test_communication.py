"""Mixing: the tabular engine's step, in one process and over MPI."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import graphs
from dcpg_theory.models.mixing import MixingMatrix


def layers(seed: int, n_agents: int = 4) -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [
        {
            "a": rng.standard_normal((3, 5)).astype(np.float32),
            "b": rng.standard_normal(7).astype(np.float32),
        }
        for _ in range(n_agents)
    ]


def test_mixing_is_the_step_of_algorithm_1():
    from dcpg_theory.drone.learning.communication import InProcess

    W = graphs.lazy_metropolis(graphs.ring(4))
    before, after = layers(0), layers(1)
    mixed = InProcess(W).mix(before, after)
    for name in ("a", "b"):
        theta, led = (np.stack([one[name] for one in part]) for part in (before, after))
        expected = np.tensordot(W.matrix, theta, axes=1) + led - theta
        np.testing.assert_allclose(
            np.stack([policy[name] for policy in mixed.policies]), expected, rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(mixed.mean[name], led.mean(axis=0), rtol=1e-4, atol=1e-6)


def test_norms_are_those_of_the_array_of_all_agents():
    from dcpg_theory.drone.learning.communication import InProcess

    before, after = layers(0), layers(1)
    mixed = InProcess(graphs.lazy_metropolis(graphs.ring(4))).mix(before, after)
    flat = [
        np.stack([np.concatenate([one[name].ravel() for name in one]) for one in part])
        for part in (before, after, mixed.policies)
    ]
    assert mixed.step_norm == pytest.approx(np.linalg.norm(flat[1] - flat[0]), rel=1e-5)
    apart = np.linalg.norm(flat[2] - flat[2].mean(axis=0))
    assert mixed.consensus_error == pytest.approx(apart, rel=1e-5)


def test_without_communication_everyone_is_where_learning_led():
    from dcpg_theory.drone.learning.communication import InProcess

    before, after = layers(0), layers(1)
    mixed = InProcess(MixingMatrix(np.eye(4))).mix(before, after)
    for policy, led in zip(mixed.policies, after, strict=True):
        for name in led:
            np.testing.assert_array_equal(policy[name], led[name])


PROGRAM = """
import json, sys
import numpy as np
from mpi4py import MPI
from dcpg_theory.drone.learning.communication import Mpi
from dcpg_theory.models import graphs

def layers(seed):
    rng = np.random.default_rng(seed)
    return [{"a": rng.standard_normal((3, 5)).astype(np.float32),
             "b": rng.standard_normal(7).astype(np.float32)} for _ in range(4)]

network = Mpi(graphs.lazy_metropolis(graphs.ring(4)), MPI.COMM_WORLD)
(agent,) = network.agents
mixed = network.mix([layers(0)[agent]], [layers(1)[agent]])
mine = {name: layer.tobytes().hex() for name, layer in mixed.policies[0].items()}
everyone = network.gather([mine])
if agent == 0:
    print(json.dumps([everyone, mixed.consensus_error, mixed.step_norm]))
"""


def test_over_mpi_it_is_the_same_to_the_last_bit():
    from dcpg_theory.drone.learning.communication import InProcess

    pytest.importorskip("mpi4py", reason="needs the extra mpi")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("there is no mpiexec beside this Python")
    result = subprocess.run(
        [mpiexec, "-n", "4", sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    everyone, apart, moved = json.loads(result.stdout)
    mixed = InProcess(graphs.lazy_metropolis(graphs.ring(4))).mix(layers(0), layers(1))
    assert (apart, moved) == (mixed.consensus_error, mixed.step_norm)
    for there, here in zip(everyone, mixed.policies, strict=True):
        assert there == {name: layer.tobytes().hex() for name, layer in here.items()}


def test_mpi_needs_a_process_for_each_agent():
    from dcpg_theory.drone.learning.communication import Mpi

    class One:
        @staticmethod
        def Get_size() -> int:  # noqa: N802 - MPI's name
            return 1

    with pytest.raises(InvalidInput, match="1 MPI processes for 4 agents"):
        Mpi(graphs.lazy_metropolis(graphs.ring(4)), One())
