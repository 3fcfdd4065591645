from __future__ import annotations

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import SETTINGS, setting
from dcpg_theory.gridworld.named import named_problem
from dcpg_theory.models import problem


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_problems_of_the_command_line(name):
    assert problem(f"gridworld:{name}") == setting(name).world.problem()


def test_options_change_rules_and_discount():
    changed = problem("gridworld:fig2a,endings=walk-through,discount=9/10")
    assert changed.n_states == 100
    assert changed.tasks[0].discount == 0.9


def test_maps_are_problems(tmp_path):
    path = tmp_path / "map.txt"
    path.write_text("S.G\n\nG.S\n", encoding="utf-8")
    assert problem(f"gridworld:{path}").n_tasks == 2


def test_toy_text_is_joined_by_plus():
    assert named_problem("frozen-lake+cliff-walking,discount=0.5").tasks[1].discount == 0.5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "fig2a,speed=3",
            "gridworld:fig2a,speed=3: unknown option 'speed=3', it takes endings=RULE",
        ),
        ("taxi,endings=end", "unknown option 'endings=end', it takes discount=NUMBER"),
        ("taxi,discount=x", "discount = x must be a number"),
        ("fig2a,endings=no", "endings='no' must be one of end, absorb, walk-through"),
        ("fig3", "unknown grid world 'fig3'; known are fig2a"),
        ("none.txt", "none.txt: cannot be read: No such file"),
    ],
)
def test_other_names_are_refused(name, message):
    with pytest.raises(InvalidInput) as caught:
        named_problem(name)
    assert message in str(caught.value)
