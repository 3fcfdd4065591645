from __future__ import annotations

from fractions import Fraction

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import example_1, example_2, problem, random_problem, save_problem

F = Fraction


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("example-1", example_1(F(9, 10))),
        ("example-1:discount=1/2", example_1(F(1, 2))),
        ("example-2", example_2(F(9, 10), F(3, 4))),
        ("example-2:p=0.6,discount=4/5", example_2(F(4, 5), F(3, 5))),
        ("example-2:p=1", example_2(F(9, 10), 1)),
        ("random:7", random_problem(7)),
        ("random:7,3,4,2", random_problem(7, 3, 4, 2)),
    ],
)
def test_names_mean_their_problems(name, expected):
    assert problem(name) == expected


@pytest.mark.parametrize("suffix", [".toml", ".npz"])
def test_paths_are_loaded(tmp_path, suffix):
    path = tmp_path / f"example-9{suffix}"
    save_problem(random_problem(1), path)
    assert problem(str(path)) == random_problem(1)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("exampel-1", "unknown problem 'exampel-1', did you mean example-1 or example-2?"),
        ("example-3", "unknown problem 'example-3', did you mean example-"),
        (
            "nothing",
            "known are example-1, example-2, random:SEED[,N,S,A], gridworld:NAME and paths",
        ),
        ("", "unknown problem ''"),
        ("gridworld:fig2z", "unknown grid world 'fig2z'; known are fig2a"),
        ("girdworld:fig2a", "unknown problem 'girdworld:fig2a', did you mean gridworld?"),
        ("missing.npz", "missing.npz: cannot be read: No such file"),
        ("example-1:p=0.5", "unknown option 'p=0.5', it takes discount=NUMBER"),
        ("example-2:p", "unknown option 'p', it takes discount=NUMBER and p=NUMBER"),
        ("example-2:p=x", "p=x must be a number like 0.25 or 1/4"),
        ("example-2:p=1/0", "p=1/0 must be a number like 0.25 or 1/4"),
        ("example-2:p=3/2", "p=3/2 must lie in the closed interval [0, 1]"),
        ("example-1:discount=1", "discount=1 must lie in the open interval (0, 1)"),
        ("random", "problem 'random' must read random:SEED or random:SEED,N,S,A"),
        ("random:-1", "must read random:SEED or random:SEED,N,S,A"),
        ("random:1,2", "must read random:SEED or random:SEED,N,S,A"),
        ("random:1,2,0,2", "n_states=0 must be at least 1"),
    ],
)
def test_other_names_are_refused_with_a_hint(name, message):
    with pytest.raises(InvalidInput) as caught:
        problem(name)
    assert message in str(caught.value)
