"""``dcpg gridworld``: what it prints, writes and refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dcpg_theory.engine.files import read_archive

SMALL = "discount = 9/10\n\nS.G\n...\n\nSG.\n...\n"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.txt").write_text(SMALL, encoding="utf-8")


def answer(dcpg, *words):
    ended = dcpg("gridworld", *words, "--json", "-")
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


def test_list_names_the_settings(dcpg):
    worlds = {world["name"]: world for world in answer(dcpg, "list")["worlds"]}
    assert worlds["fig2e"]["starts"] == ["r1c10"]
    assert worlds["fig2a"]["tasks"] == 4
    assert "taxi" in worlds


def test_train_tells_values_and_the_gap(dcpg):
    found = answer(dcpg, "train", "small.txt", "--seed", "2", "--rounds", "400")
    assert found["success"] == pytest.approx([1, 1], abs=0.02)
    assert found["objective"] == pytest.approx(sum(found["values"]), abs=1e-9)
    assert 0 < found["relative_gap"] < 0.05
    assert not found["global"]
    again = answer(dcpg, "train", "small.txt", "--seed", "2", "--rounds", "400")
    assert again == found


def test_exact_training_is_global(dcpg):
    found = answer(dcpg, "train", "small.txt", "--exact")
    assert found["global"]
    assert found["rounds"] == 6600


@pytest.mark.parametrize(
    "options",
    [
        ("--visits", "first-visit", "--batch", "3", "--horizon", "50", "--baseline-rate", "0"),
        ("--everywhere", "--spread", "0.5", "--step-size", "3:1", "--regularization", "0.001"),
        ("--exact", "--step-size", "2", "--graph", "path", "--mixing", "metropolis"),
    ],
)
def test_options_are_taken(dcpg, options):
    assert answer(dcpg, "train", "small.txt", "--rounds", "50", *options)["rounds"] == 50


def test_result_and_picture_are_written(dcpg):
    words = ("train", "small.txt", "--rounds", "20", "--out", "r.npz", "--picture", "p.svg")
    found = answer(dcpg, *words)
    from pathlib import Path

    header, arrays = read_archive(Path("r.npz"), "gridworld result", 1)
    assert header["objective"] == found["objective"]
    assert arrays["parameters"].shape == (2, 7, 4)
    assert arrays["returns"].shape == (20, 2)
    assert Path("p.svg").read_bytes().startswith(b"<?xml")
    assert answer(dcpg, *words) == found  # its own files are replaced


def test_training_goes_on_from_a_checkpoint(dcpg):
    whole = answer(dcpg, "train", "small.txt", "--rounds", "60")
    answer(dcpg, "train", "small.txt", "--rounds", "25", "--checkpoint", "c.npz")
    rest = ("train", "small.txt", "--rounds", "60", "--checkpoint", "c.npz")
    assert dcpg("gridworld", *rest).code == 2
    assert answer(dcpg, *rest, "--resume") == whole


def test_figure_draws_what_is_named(dcpg, tmp_path):
    (tmp_path / "out").mkdir()
    found = answer(dcpg, "figure", "small.txt", "fig2a", "--out", "out", "--format", "svg")
    assert set(found["figures"]) == {"small.txt", "fig2a"}
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["fig2a.svg", "small.txt.svg"]


def test_optimum_is_bounded_from_both_sides(dcpg):
    found = answer(dcpg, "optimum", "fig2c")
    assert found["groups"] == [[1], [2, 3], [4]]
    assert found["bound_exact"] == "761663697779/512000000000"
    assert found["relative_gap"] == 0
    assert 0 < found["reached_gap"] < 1e-6


def test_optimum_of_other_problems_is_branched(dcpg):
    found = answer(dcpg, "optimum", "example-1", "--nodes", "60")
    assert found["value"] == pytest.approx(1.8 / (2 - 0.81))
    assert found["bound"] > found["value"]
    assert found["nodes"] == 61


def test_diagnose_says_where_tasks_conflict(dcpg):
    found = answer(dcpg, "diagnose", "example-2")
    assert found["states"][0]["state"] == "S3"
    assert found["states"][0]["least_cosine"] == pytest.approx(-1)
    drawn = answer(dcpg, "diagnose", "small.txt", "--picture", "h.png", "--top", "2")
    assert len(drawn["states"]) <= 2


def test_tables_are_printed_for_people(dcpg):
    out = dcpg("gridworld", "train", "small.txt", "--rounds", "300").out
    assert "no stationary policy beats" in out
    assert "reaches the goal (2 steps)" in out
    assert dcpg("gridworld", "list", "--quiet").out == ""
    assert "branch" not in dcpg("gridworld", "optimum", "small.txt").out
    assert "pull" in dcpg("gridworld", "diagnose", "gridworld:frozen-lake").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "fig3"), "unknown grid world 'fig3'; known are fig2a"),
        (("train", "bad.txt"), "bad.txt: task 1, row 1, column 2: '?' is no cell in S[?]G"),
        (("train", "small.txt", "--resume"), "--resume needs --checkpoint FILE"),
        (("train", "small.txt", "--out", "r.txt"), "--out r.txt must end in .npz"),
        (("train", "small.txt", "--picture", "p.pdf"), "p.pdf must end in .png or .svg"),
        (("train", "small.txt", "--picture", "no/p.png"), "no/p.png: there is no folder no"),
        (("train", "small.txt", "--picture", "other.png"), "is no picture of a grid world"),
        (("train", "small.txt", "--graph", "torus"), "--graph torus must be ring"),
        (("train", "small.txt", "--step-size", "-1"), "positive finite numbers"),
        (("figure", "--out", "nowhere"), "--out nowhere: there is no such folder"),
        (("optimum", "nothing"), "unknown problem 'nothing'"),
        (("optimum", "gridworld:frozen-lake"), "floats do not sum to one"),
        (("diagnose", "example-1", "--picture", "h.png"), "--picture needs a grid world"),
        (("diagnose", "bad.txt"), "'?' is no cell"),
        (("optimum", "large.txt"), "large.txt: has 2551 states, and exact rationals are for up to"),
    ],
)
def test_bad_input_is_one_line(dcpg, tmp_path, words, message):
    (tmp_path / "bad.txt").write_text("S?G\n", encoding="utf-8")
    (tmp_path / "large.txt").write_text("S" + "." * 49 + ("\n" + "." * 50) * 50, encoding="utf-8")
    (tmp_path / "other.png").write_bytes(b"mine")
    ended = dcpg("gridworld", *words)
    assert ended.code == 2
    assert message in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert (tmp_path / "other.png").read_bytes() == b"mine"


def test_run_takes_grid_worlds(dcpg):
    ended = dcpg("run", "gridworld:fig2a", "--iterations", "3", "--no-plot", "--json", "-")
    assert ended.code == 0
    assert np.isfinite(json.loads(ended.out)["final"]["objective"])
