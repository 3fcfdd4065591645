from __future__ import annotations

import pickle
import re
import zipfile
from fractions import Fraction
from pathlib import Path

import flint
import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models import (
    FiniteMDP,
    MultiTaskProblem,
    example_1,
    example_2,
    load_problem,
    random_problem,
    save_problem,
)

SUFFIXES = (".toml", ".npz")

SMALL = """\
version = 1

[[tasks]]
discount = "9/10"
start = [1, 0]
rewards = [[0, 1], ["1/2", "0.25"]]
transitions = [
  [["1/3", "2/3"], [0, 1]],
  [[1, 0], [0, 1]],
]
"""


def relabelled(mdp, states):
    return FiniteMDP(mdp.transitions, mdp.rewards, mdp.discount, mdp.start, states)


def sparse_task(states=None):
    rows = scipy.sparse.csr_array([[0.0, 1.0], [0.5, 0.5], [0.25, 0.75], [1.0, 0.0]])
    return FiniteMDP(rows, [[0, 1], [2, 3]], 0.9, [0.5, 0.5], states)


PROBLEMS = {
    "example 1": example_1(Fraction(9, 10)),
    "example 2 in floats": example_2(0.9, 0.7),
    "random": random_problem(3, 3, 4, 2),
    "random exact": random_problem(3, exact=True),
    "sparse": MultiTaskProblem([sparse_task(), random_problem(1, 1, 2).tasks[0]]),
    "exploration": MultiTaskProblem([sparse_task()], [[0.125, 0.875]]),
    "partly shared states": MultiTaskProblem([sparse_task(["a", "b"]), sparse_task(["b", "ü\n"])]),
    "cells": MultiTaskProblem([sparse_task([(0, 0), (0, 1)]), sparse_task([(0, 1), (5, -1)])]),
    "numbers": MultiTaskProblem([sparse_task([7, 3]), sparse_task([0, 1])]),
    "long fractions": MultiTaskProblem(
        [FiniteMDP([[[1]]], [[flint.fmpq(10**40 + 1, 3**50)]], Fraction(1, 10**30), [1])]
    ),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_a_saved_problem_is_loaded_equal(tmp_path, problem, suffix):
    path = tmp_path / f"problem{suffix}"
    save_problem(problem, path)
    loaded = load_problem(path)
    assert loaded == problem
    assert loaded.states == problem.states
    assert [task.is_sparse for task in loaded.tasks] == [task.is_sparse for task in problem.tasks]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**9),
    exact=st.booleans(),
    suffix=st.sampled_from(SUFFIXES),
    labels=st.lists(st.text(max_size=3), min_size=3, max_size=3, unique=True),
)
def test_any_text_labels_round_trip_or_are_refused(tmp_path, seed, exact, suffix, labels):
    tasks = random_problem(seed, 2, 3, 2, exact=exact).tasks
    problem = MultiTaskProblem([relabelled(task, labels) for task in tasks])
    path = tmp_path / f"problem{suffix}"
    try:
        save_problem(problem, str(path))
    except InvalidInput:
        assert suffix == ".toml" or any(label.endswith("\0") for label in labels)
    else:
        assert load_problem(str(path)) == problem


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_problem_makes_the_same_bytes(tmp_path, suffix):
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        save_problem(random_problem(1), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_toml_is_written_a_row_to_a_line(tmp_path):
    save_problem(example_1(Fraction(9, 10)), tmp_path / "p.toml")
    lines = (tmp_path / "p.toml").read_text().splitlines()
    assert lines[:8] == [
        "version = 1",
        "",
        "[[tasks]]",
        'discount = "9/10"',
        'states = ["S1", "S2", "S3", "S4", "S5"]',
        "start = [0, 0, 1, 0, 0]",
        "exploration = [0, 0, 1, 0, 0]",
        "rewards = [",
    ]


def test_strings_are_exact_and_floats_are_not(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(SMALL)
    (task,) = load_problem(path).tasks
    assert task.kind is NumberKind.RATIONAL
    assert task.rewards.tolist() == [[0, 1], [flint.fmpq(1, 2), flint.fmpq(1, 4)]]
    path.write_text(SMALL.replace('"9/10"', "0.9"))
    assert load_problem(path).kind is NumberKind.FLOAT


def test_exploration_defaults_to_the_start(tmp_path):
    (tmp_path / "p.toml").write_text(SMALL)
    assert load_problem(tmp_path / "p.toml").exploration[0].tolist() == [1, 0]


def test_npz_from_numpy_alone_is_read(tmp_path):
    path = tmp_path / "p.npz"
    np.savez(
        path,
        version=1,
        task_0_discount=0.5,
        task_0_start=[1],
        task_0_rewards=[[1, 2]],
        task_0_transitions=np.array([[["1/1"], ["1"]]]),
        task_0_states=["only"],
    )
    assert load_problem(path).states == ("only",)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_symbols_and_balls_have_no_file_form(tmp_path, suffix):
    for discount in (symbols("gamma")[0], flint.arb("0.5")):
        with pytest.raises(InvalidInput, match="has no file form"):
            save_problem(example_1(discount), tmp_path / f"p{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("label", [1.5, None, frozenset()])
def test_labels_that_cannot_be_written_are_refused(tmp_path, suffix, label):
    problem = MultiTaskProblem([sparse_task([label, "b"])])
    with pytest.raises(
        InvalidInput, match=r"state label .* must be an integer, a string or a tuple"
    ):
        save_problem(problem, tmp_path / f"p{suffix}")


@pytest.mark.parametrize("labels", [[1, "1"], [(1, 2), (1,)], [2**70, 1], ["a\0", "b"]])
def test_mixed_labels_go_to_toml_only(tmp_path, labels):
    problem = MultiTaskProblem([sparse_task(labels)])
    with pytest.raises(InvalidInput, match=r"use \.toml, or other labels"):
        save_problem(problem, tmp_path / "p.npz")
    save_problem(problem, tmp_path / "p.toml")
    assert load_problem(tmp_path / "p.toml") == problem


def test_files_that_cannot_be_written_are_reported(tmp_path):
    for suffix in SUFFIXES:
        with pytest.raises(InvalidInput, match="cannot be written: No such file or directory"):
            save_problem(random_problem(0), tmp_path / "absent" / f"p{suffix}")
    with pytest.raises(InvalidInput, match=r"must end in \.toml or \.npz"):
        save_problem(random_problem(0), tmp_path / "p.json")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version = 1", "version = 2", "version 2 is not known, it must be 1"),
        ("version = 1", "", "the key version is missing"),
        ("version = 1", "version = [1]", "version [1] is not known"),
        ("version = 1", "version = 1\nauthor = 3", "unknown key 'author', keys are version, tasks"),
        ("version = 1", "version = ", "is no TOML: "),
        ("start =", "starts =", "task 0: the key start is missing"),
        ("start =", "explorations = [1, 0]\nstart =", "did you mean exploration?"),
        (
            "transitions =",
            "# transitions\nsparse_state =",
            "task 0: the key sparse_action is missing",
        ),
        ("start = [1, 0]", "start = 1", "task 0: start has shape (), it must have shape"),
        ("start = [1, 0]", "start = [1, 1]", "task 0: start sums to 2, it must sum to 1"),
        ("start = [1, 0]", 'start = ["1/x", 0]', "task 0: start: '1/x' must be an exact number"),
        ("start = [1, 0]", 'start = ["1/0", 0]', "task 0: start: '1/0' must be an exact number"),
        ("start = [1, 0]", 'start = ["1e9", 0]', "task 0: start: '1e9' must be an exact number"),
        ("start = [1, 0]", "start = [nan, 0]", "task 0, state 0: start probability is nan"),
        ("start = [1, 0]", "start = [1970-01-01, 0]", "task 0: start: datetime.date(1970, 1, 1)"),
        ("start = [1, 0]", "start = {a = 1}", "task 0: start: {'a': 1} must be an exact rational"),
        ('"9/10"', '"6/5"', "task 0: discount=6/5 must lie in the open interval (0, 1)"),
        ('"9/10"', "[0.5]", "task 0: discount has shape (1,), it must be one number"),
        (
            '"2/3"',
            '"1/2"',
            "task 0, state 0, action 0: transition row sums to 5/6, it must sum to 1",
        ),
        ('"2/3"], [0, 1]', '"2/3"], [0]', "task 0: transitions: ragged nesting"),
        ("start =", 'states = ["a", "a"]\nstart =', "task 0, state label 'a' occurs twice"),
        ("start =", "states = 3\nstart =", "task 0: states=3 must be a list of labels"),
        ("start =", "states = [1.5, 2]\nstart =", "task 0, state label 1.5 must be an integer"),
        ("start =", "exploration = [1]\nstart =", "task 0: exploration has shape (1,)"),
        (SMALL, "version = 1\ntasks = []", "there is no task in it"),
        (SMALL, "version = 1\ntasks = [1]", "tasks must be tables"),
        (SMALL, "version = 1\ntasks = 3", "tasks must be tables"),
        (SMALL, "version = 1", "the key tasks is missing"),
        (SMALL, "a = " + "[" * 10**5, "is no TOML: "),
    ],
)
def test_malformed_toml_is_refused_saying_where_and_what(tmp_path, old, new, message):
    path = tmp_path / "p.toml"
    assert old in SMALL
    path.write_text(SMALL.replace(old, new, 1))
    with pytest.raises(InvalidInput) as caught:
        load_problem(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_toml_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "p.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="is no TOML"):
        load_problem(tmp_path / "p.toml")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_files_and_folders_are_reported(tmp_path, suffix):
    path = tmp_path / f"p{suffix}"
    with pytest.raises(InvalidInput, match="cannot be read: No such file or directory"):
        load_problem(path)
    path.mkdir()
    with pytest.raises(InvalidInput, match="cannot be read: Is a directory"):
        load_problem(path)


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"must end in \.toml or \.npz"):
        load_problem(tmp_path / "p.pkl")


def arrays(**changes):
    """A sparse task in one state with two actions."""
    data = {
        "version": np.array(1),
        "task_0_discount": np.array(0.5),
        "task_0_start": np.array([1.0]),
        "task_0_rewards": np.array([[0.0, 1.0]]),
        "task_0_sparse_state": np.array([0, 0]),
        "task_0_sparse_action": np.array([0, 1]),
        "task_0_sparse_next_state": np.array([0, 0]),
        "task_0_sparse_probability": np.array([1.0, 1.0]),
    }
    return {key: value for key, value in (data | changes).items() if value is not None}


def test_sparse_npz_is_read(tmp_path):
    np.savez(tmp_path / "p.npz", **arrays())
    (task,) = load_problem(tmp_path / "p.npz").tasks
    assert task.transitions.toarray().tolist() == [[1], [1]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": None}, "the key version is missing"),
        ({"version": np.array("a")}, "version a is not known, it must be 1"),
        ({"version": np.array([1, 1])}, "version [1 1] is not known"),
        ({"other": np.array(1)}, "unknown key 'other', keys are version and task_0_discount"),
        ({"task_0_reward": np.array(1)}, "task 0: unknown key 'reward', did you mean rewards?"),
        ({"task_2_start": np.array(1)}, "the keys of task 1 are missing"),
        ({"task_0_rewards": None}, "task 0: the key rewards is missing"),
        ({"task_0_sparse_state": None}, "task 0: the key sparse_state is missing"),
        (
            {"task_0_transitions": np.ones((1, 2, 1))},
            "task 0: give either the key transitions or the keys sparse_state, sparse_action",
        ),
        (
            {"task_0_sparse_state": np.array([0, 1])},
            "task 0: sparse_state: entry 1 is 1, it must lie in 0, ..., 0",
        ),
        (
            {"task_0_sparse_action": np.array([-1, 1])},
            "task 0: sparse_action: entry 0 is -1, it must lie in 0, ..., 1",
        ),
        (
            {"task_0_sparse_action": np.array([0.0, 1.0])},
            "task 0: sparse_action must be a list of integers, as long as sparse_probability",
        ),
        (
            {"task_0_sparse_action": np.array([0])},
            "task 0: sparse_action must be a list of integers, as long as sparse_probability",
        ),
        (
            {"task_0_sparse_probability": np.array(["1", "1"])},
            "task 0: sparse_probability must be a list of floats; write exact ones densely",
        ),
        (
            {"task_0_sparse_probability": np.array([1.0, 0.98])},
            "task 0, state 0, action 1: transition row sums to 0.98, it must sum to 1",
        ),
        ({"task_0_rewards": np.array(1.0)}, "task 0: rewards has shape (), it must be"),
        ({"task_0_rewards": np.array([[b"a"]])}, "task 0: rewards has entries of type |S1"),
        ({"task_0_states": np.array([1.5])}, "task 0: states must be integers or strings"),
        ({"task_0_start": np.array([None])}, "is no .npz archive of plain arrays: Object arrays"),
    ],
)
def test_malformed_npz_is_refused_saying_where_and_what(tmp_path, changes, message):
    path = tmp_path / "p.npz"
    np.savez(path, **arrays(**changes))
    with pytest.raises(InvalidInput) as caught:
        load_problem(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("the file was unpickled",)


def foreign_files(folder):
    save_problem(random_problem(0), folder / "good.npz")
    whole = (folder / "good.npz").read_bytes()
    with zipfile.ZipFile(folder / "text.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    np.save(folder / "one.npy", np.ones(3))
    np.savez(folder / "bomb.npz", **arrays(task_0_start=np.array([Bomb()], dtype=object)))
    third = len(whole) // 3
    return {
        "pickle": pickle.dumps(Bomb()),
        "pickled array": (folder / "bomb.npz").read_bytes(),
        "empty": b"",
        "text": b"hello",
        "truncated": whole[:third],
        "broken": whole[:third] + bytes(40) + whole[third + 40 :],
        "zip of text": (folder / "text.zip").read_bytes(),
        "one array": (folder / "one.npy").read_bytes(),
    }


def test_foreign_files_are_refused_and_never_unpickled(tmp_path):
    path = tmp_path / "p.npz"
    for content in foreign_files(tmp_path).values():
        path.write_bytes(content)
        with pytest.raises(InvalidInput, match=re.escape(str(path))):
            load_problem(path)


def test_the_examples_of_the_documentation_are_read(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "problem-file.md"
    if not page.exists():
        pytest.skip("docs/ is not here, as when the installed package is tested")
    toml, code = (
        re.search(rf"```{kind}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)[1]
        for kind in ("toml", "python")
    )
    (tmp_path / "problem.toml").write_text(toml, encoding="utf-8")
    problem = load_problem(tmp_path / "problem.toml")
    assert problem.kind is NumberKind.RATIONAL
    assert problem.states == ("home", "away")
    exec(code.replace("problem.npz", str(tmp_path / "problem.npz")), {"numpy": np})
    assert load_problem(tmp_path / "problem.npz").tasks[0].is_sparse
