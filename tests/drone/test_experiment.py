"""Jobs: several at a time, done once, and put together."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dcpg_theory.drone import experiment
from dcpg_theory.drone.endpoints import Embedded
from dcpg_theory.drone.learning.settings import Settings
from dcpg_theory.drone.tiers import TIERS, tier
from dcpg_theory.errors import InvalidInput


def jobs(folder, seeds=(0, 1)):
    """Jobs whose tests stand in files already."""
    made = []
    for seed in seeds:
        for graph in ("ring", "none"):
            settings = Settings("reinforce", graph, seed, 5, ("corridor", "columns"))
            job = experiment.Job(settings, (Embedded("0"), Embedded("3")), tier("smoke"), folder)
            policies = ["DCPG"] if graph == "ring" else ["SA-0", "SA-1"]
            log = {"distance": [[1.23456789, 2.0]], "steps": [[3, 4]], "consensus_error": [0.1]}
            tests = experiment._header(job) | {
                "flights": {name: [[1.0 + seed] * 4] * 2 for name in policies},
                "log": log,
                "backend": "none at all",
                "versions": {"python": "3"},
                "hardware": "paper",
            }
            job.tests_path.write_text(json.dumps(tests))
            made.append(job)
    return made


@pytest.mark.parametrize("processes", [1, 2])
def test_what_is_done_is_not_done_again_and_comes_in_order(tmp_path, processes):
    told = []
    found = experiment.run_jobs(jobs(tmp_path), processes, told.append)
    assert [(one["settings"]["seed"], one["settings"]["graph"]) for one in found] == [
        (0, "ring"), (0, "none"), (1, "ring"), (1, "none"),
    ]  # fmt: skip
    assert {report.phase for report in told} == {"done"}
    assert len(told) == 4


@pytest.mark.parametrize("processes", [1, 2])
def test_the_first_failure_is_raised_in_its_own_words(tmp_path, processes):
    made = jobs(tmp_path)
    changed = replace(made[1], tier=replace(made[1].tier, cap=99))
    with pytest.raises(InvalidInput, match=r"reinforce-none-seed0.tests.json: is of other setting"):
        experiment.run_jobs([made[0], changed], processes, lambda _: None)


def test_a_broken_file_of_tests_is_refused(tmp_path):
    job = jobs(tmp_path)[0]
    job.tests_path.write_text("{")
    with pytest.raises(InvalidInput, match="is no readable file of tests"):
        experiment.run_jobs([job], 1, lambda _: None)


def test_a_table_holds_policies_by_seed_and_logs_by_graph(tmp_path):
    made = jobs(tmp_path)
    tests = experiment.run_jobs(made, 1, lambda _: None)
    table = experiment.collected(tests, made[0].tier, "the command")
    entry = table["algorithms"]["reinforce"]
    assert table["seeds"] == [0, 1]
    assert table["tier"]["seeds"] == 2
    assert entry["flights"]["SA-1"] == [[[1.0] * 4] * 2, [[2.0] * 4] * 2]
    assert entry["training"].keys() == {"ring", "none"}
    assert entry["training"]["ring"][0]["distance"] == [[1.2346, 2.0]]


def test_the_ring_is_the_papers_and_other_graphs_are_named():
    assert experiment.name_of("ring") == "DCPG"
    assert experiment.name_of("star") == "DCPG (star)"


def test_tiers_shrink_episodes_caps_and_seeds_only():
    assert [(t.episodes, t.cap) for t in TIERS.values()] == [
        (4, 40), (250, 200), (1000, 500), (4000, 500),
    ]  # fmt: skip
    assert TIERS["short"].test_episodes == 20
    assert TIERS["short"].seeds == 5
    with pytest.raises(InvalidInput, match="tier 'huge' must be one of smoke"):
        tier("huge")
