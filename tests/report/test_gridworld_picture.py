from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import parse_map, setting
from dcpg_theory.gridworld.diagnostics import mismatch_ratios, mismatch_spread, pulls
from dcpg_theory.gridworld.evaluation import evaluate
from dcpg_theory.report.gridworld_heat_map import save_heat_map
from dcpg_theory.report.gridworld_picture import MARK, save_gridworld_picture

WORLDS = {
    "fig2c": setting("fig2c").world,
    "walls and many goals": parse_map("S.GG\n##.X\n\nS..X\n.#.G\n\n.GX.\n....\n"),
    "one task, one row": parse_map("S.G\n"),
}


def random_evaluation(world):
    problem = world.problem()
    return evaluate(world, np.random.default_rng(0).normal(size=(problem.n_states, 4)))


@pytest.mark.parametrize("suffix", [".png", ".svg"])
@pytest.mark.parametrize("name", WORLDS)
def test_same_run_makes_the_same_bytes(tmp_path, name, suffix):
    world = WORLDS[name]
    paths = [tmp_path / f"{k}{suffix}" for k in "ab"]
    for path in paths:
        save_gridworld_picture(path, world, random_evaluation(world), "Title", "A caption. " * 20)
    one, two = (path.read_bytes() for path in paths)
    assert one == two
    assert MARK.encode() in one


def test_svg_names_tasks_and_success(tmp_path):
    path = tmp_path / "p.svg"
    world = WORLDS["fig2c"]
    save_gridworld_picture(path, world, random_evaluation(world), "A title", "A caption")
    text = path.read_text(encoding="utf-8")
    assert all(f"task {i}: success" in text for i in range(1, 5))
    assert "path mostly followed" in text


def test_heat_map_is_drawn(tmp_path):
    world = WORLDS["fig2c"]
    problem = world.problem()
    uniform = np.full((problem.n_states, 4), 0.25)
    right = np.tile([0.0, 0.0, 0.0, 1.0], (problem.n_states, 1))
    spread = mismatch_spread(mismatch_ratios(problem, uniform, right))
    found = pulls(problem, uniform)
    for name in ("h.png", "h.svg"):
        save_heat_map(tmp_path / name, world, spread, found.conflict, found.cosines, "T")
        assert (tmp_path / name).stat().st_size > 10_000


@pytest.mark.parametrize("name", ["p.pdf", "p"])
def test_other_formats_are_refused(tmp_path, name):
    world = WORLDS["one task, one row"]
    with pytest.raises(InvalidInput, match=r"a picture must end in .png or .svg"):
        save_gridworld_picture(tmp_path / name, world, random_evaluation(world), "", "")
