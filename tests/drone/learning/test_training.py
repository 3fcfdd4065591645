"""Training runs: resumed, repeated, alone and together."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.drone.learning.settings import Settings
from dcpg_theory.drone.simulator import SimulatorLost
from dcpg_theory.errors import InvalidInput

N = 2


def settings(graph: str = "ring", **changes: object) -> Settings:
    given = {
        "algorithm": "reinforce",
        "graph": graph,
        "seed": 3,
        "cap": 5,
        "environments": ("flat",) * N,
    }
    return Settings(**(given | changes))


def trained(*arguments: object, **options: object):
    from dcpg_theory.drone.learning.training import train

    return train(*arguments, **options)


def same(one, two) -> bool:
    logs = all(np.array_equal(one.log[name], two.log[name]) for name in one.log)
    policies = all(
        np.array_equal(a[name], b[name])
        for a, b in zip(one.policies, two.policies, strict=True)
        for name in a
    )
    return logs and policies and one.log.keys() == two.log.keys()


class Killed(Exception):
    """Stands in for a kill."""


def test_a_run_that_is_killed_and_resumed_ends_with_the_same_bits(flat_endpoints, tmp_path):
    whole = trained(settings(), flat_endpoints(N), 4)
    path = tmp_path / "run.npz"

    def kill(progress):
        if progress.episode == 3:
            raise Killed

    with pytest.raises(Killed):
        trained(settings(), flat_endpoints(N), 4, path=path, every=2, callback=kill)
    told = []
    resumed = trained(settings(), flat_endpoints(N), 4, path=path, every=2, callback=told.append)
    assert [progress.episode for progress in told] == [3, 4]
    assert same(whole, resumed)

    from dcpg_theory.drone.learning.runs import read_run

    assert same(whole, read_run(path))
    assert same(whole, trained(settings(), flat_endpoints(N), 4, path=path))


def test_agents_that_communicate_agree_better_than_agents_alone(flat_endpoints):
    together = trained(settings(), flat_endpoints(N), 3)
    alone = trained(settings("none"), flat_endpoints(N), 3)
    assert (together.log["consensus_error"][1:] < alone.log["consensus_error"][1:]).all()
    # They fly their first episode with the same policy, whatever the graph.
    np.testing.assert_array_equal(together.log["distance"][0], alone.log["distance"][0])
    np.testing.assert_array_equal(together.log["steps"][0], alone.log["steps"][0])


def test_a_lost_simulator_is_connected_to_again_and_the_episode_repeated(
    flat_endpoints, flat_sim, monkeypatch
):
    whole = trained(settings(), flat_endpoints(N), 2)
    lost = []
    move = flat_sim.move

    def fragile(self, pose):
        if len(lost) < 2 and self.wall == 3.5 and pose.x > 1.1:
            lost.append(True)
            raise SimulatorLost("it died")
        move(self, pose)

    monkeypatch.setattr(flat_sim, "move", fragile)
    monkeypatch.setattr("dcpg_theory.drone.learning.hangar.time.sleep", lambda _: None)
    said = []
    run = trained(settings(), flat_endpoints(N), 2, report=said.append)
    assert len(lost) == 2
    assert [words.split(";")[0] for words in said] == ["it died", "it died"]
    assert same(whole, run)


@pytest.mark.parametrize("algorithm", ["a2c", "ppo"])
def test_estimators_with_a_critic_train_and_keep_it_to_themselves(flat_endpoints, algorithm):
    run = trained(settings(algorithm=algorithm), flat_endpoints(N), 2)
    assert all("critic" not in name for policy in run.policies for name in policy)
    assert np.isfinite(run.log["gradient_norm"]).all()
    assert (run.log["step_norm"] > 0).all()


def test_a_checkpoint_of_other_settings_is_refused(flat_endpoints, tmp_path):
    path = tmp_path / "run.npz"
    trained(settings(), flat_endpoints(N), 1, path=path)
    with pytest.raises(InvalidInput, match=r"cap is 5 there and 6 here.*choose another --out"):
        trained(settings(cap=6), flat_endpoints(N), 1, path=path)
    trained(settings(), flat_endpoints(N), 2, path=path)
    with pytest.raises(InvalidInput, match="is at episode 2, beyond the 1 asked for"):
        trained(settings(), flat_endpoints(N), 1, path=path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"no archive"])
def test_a_file_that_is_no_run_is_refused(tmp_path, content):
    from dcpg_theory.drone.learning.runs import read_run

    (tmp_path / "run.npz").write_bytes(content)
    with pytest.raises(InvalidInput, match="is no readable drone run"):
        read_run(tmp_path / "run.npz")


def test_a_simulator_is_needed_for_each_agent(flat_endpoints):
    with pytest.raises(InvalidInput, match="1 simulators for 2 agents"):
        trained(settings(), flat_endpoints(1), 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"graph": "wheel"}, "graph 'wheel' must be one of ring"),
        ({"cap": 0}, "cap=0 must be at least 1"),
        ({"seed": -1}, "seed=-1 must be at least 0"),
        ({"environments": ()}, "environments is empty"),
    ],
)
def test_bad_settings_are_refused(changes, message):
    with pytest.raises(InvalidInput, match=message):
        settings(**changes)


def test_random_numbers_have_a_stream_for_each_use():
    from dcpg_theory.drone.learning.settings import Purpose, generator

    places = [(0, Purpose.FLIGHT, 0, 1), (0, Purpose.FLIGHT, 1, 0), (0, Purpose.TEST, 0, 1), (1, 1)]
    assert len({generator(*place).random() for place in places}) == 4
    assert generator(2, 1, 0).random() == generator(2, 1, 0).random()
