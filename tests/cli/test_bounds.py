"""``dcpg bounds``: keys, refusals, and what a missing input leaves out."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from dcpg_theory import MultiTaskProblem, bounds
from dcpg_theory.models import random_problem, save_problem

COLUMNS = ["printed", "corrected", "sharp"]
FULL = [
    "--agents",
    "4",
    "--discount",
    "0.9",
    "--states",
    "100",
    "--actions",
    "4",
    "--graph",
    "ring",
    "--regularization",
    "0.01",
    "--iterations",
    "1e6",
    "--epsilon",
    "0.1",
    "--mismatch",
    "100",
]


@pytest.fixture
def answer(dcpg):
    def ask(*words):
        ended = dcpg("bounds", *words, "--json", "-")
        assert (ended.code, ended.err) == (0, "")
        return json.loads(ended.out)

    return ask


def without(option, words=FULL):
    at = words.index(option)
    return [*words[:at], *words[at + 2 :]]


def test_the_keys_are_those_of_the_contract(answer):
    data = answer(*FULL)
    assert list(data) == [
        "inputs", "mixing", "constants", "step_size", "theorem_1", "theorem_2", "gradient-tracking",
    ]  # fmt: skip
    names = {
        "second_singular_value", "smallest_singular_value", "smallest_eigenvalue", "spectral_gap",
    }  # fmt: skip
    assert names <= data["mixing"].keys()
    for part in ("constants", "step_size", "theorem_1", "theorem_2"):
        assert list(data[part]) == COLUMNS
    for column in COLUMNS:
        assert data["step_size"][column].keys() == {"theorem_1", "theorem_2"}
        first, second = data["theorem_1"][column], data["theorem_2"][column]
        assert {"bound", "bound_squared", "step_size", "terms"} <= first.keys()
        assert {"step_size", "iterations"} <= second.keys()
        assert first["bound_squared"] == pytest.approx(first["bound"] ** 2)
        assert isinstance(second["iterations"], int)
        assert first["step_size"] <= data["step_size"][column]["theorem_1"]
        assert second["step_size"] <= data["step_size"][column]["theorem_2"] * (1 + 1e-15)
        assert first["claims"]
        assert first["formula"]
    assert data["mixing"]["spectral_gap"] == 0.5


def test_the_numbers_are_the_library_s(answer):
    data = answer(*FULL)
    sizes = bounds.sizes(["0.9"], 100, 4, agents=4)
    for column in COLUMNS:
        found = bounds.theorem_1(
            sizes, bounds.ring(4), regularization="0.01", iterations=10**6, statement=column
        )
        assert data["theorem_1"][column]["bound"] == found.value
        count = bounds.theorem_2(
            sizes, bounds.ring(4), accuracy="0.1", mismatch=100, statement=column
        )
        assert data["theorem_2"][column]["iterations"] == count.value


def test_a_reported_step_gives_the_reported_bound(answer):
    data = answer(*FULL)
    for column in COLUMNS:
        first = data["theorem_1"][column]
        again = answer(*FULL, "--step-size", repr(first["step_size"]))
        assert again["theorem_1"][column]["bound"] == first["bound"]


@pytest.mark.parametrize(
    ("missing", "first", "second"),
    [
        ("--states", None, None),
        ("--graph", None, None),
        ("--regularization", None, 1),
        ("--iterations", None, 1),
        ("--epsilon", 1, None),
        ("--mismatch", 1, None),
    ],
)
def test_a_missing_input_makes_what_needs_it_null(answer, missing, first, second):
    data = answer(*without(missing))
    for column in COLUMNS:
        assert (data["theorem_1"][column]["bound"] is None) is (first is None)
        assert (data["theorem_2"][column]["iterations"] is None) is (second is None)


def test_agents_and_a_graph_are_enough_for_the_spectrum(answer):
    data = answer("--agents", "6", "--graph", "ring")
    assert data["mixing"]["spectral_gap"] == 0.25
    assert data["theorem_1"]["sharp"]["bound"] is None


def test_several_discounts_follow_one_option(answer):
    words = ["--discount", "0.9", "0.8", "7/10", "--states", "3", "--actions", "2"]
    data = answer(*words, "--graph", "path")
    assert data["inputs"]["agents"] == 3
    assert data["inputs"]["discount"] == [0.9, 0.8, 0.7]


def test_a_single_discount_near_one_is_read_exactly(answer):
    words = "--agents 100000 --states 1000000000 --actions 10 --graph ring --iterations 1e30"
    tail = "--regularization 1e-6 --epsilon 1e-9 --mismatch 1e12"
    data = answer("--discount", "1-1e-12", *words.split(), *tail.split())
    assert data["mixing"]["spectral_gap"] == pytest.approx(math.sin(math.pi / 10**5) ** 2)
    for column in COLUMNS:
        assert 0 < data["theorem_1"][column]["bound"] < math.inf
        assert data["theorem_2"][column]["iterations"] > 10**100
    scientific = answer("--discount", "0.999999999999", *words.split(), *tail.split())
    assert scientific["theorem_2"] == data["theorem_2"]


def test_what_no_double_holds_is_a_text(answer):
    words = "--agents 2 --states 10 --actions 2 --graph ring --regularization 0 --iterations 10"
    data = answer("--discount", "1-1e-200", *words.split())
    assert data["theorem_1"]["printed"]["bound"].endswith("e+401")


def test_an_asymmetric_matrix_leaves_the_other_columns(answer, tmp_path):
    file = tmp_path / "W.txt"
    file.write_text("1/2 1/3 1/6\n1/6 1/2 1/3\n1/3 1/6 1/2\n")
    words = [*without("--graph", without("--agents")), "--agents", "3", "--mixing", str(file)]
    data = answer(*words)
    assert data["mixing"]["smallest_eigenvalue"] is None
    for part in ("theorem_1", "theorem_2"):
        assert "symmetric weights" in data[part]["corrected"]["does_not_apply"]
        for column in ("printed", "sharp"):
            assert data[part][column]["does_not_apply"] is None
    assert data["theorem_1"]["sharp"]["bound"] > 0


def test_different_reward_ranges_leave_the_sharp_column(answer):
    ranges = "--reward-range 0 1 --reward-range -1 1 --reward-range 0 1 --reward-range 0 3"
    data = answer(*FULL, *ranges.split())
    for column in ("printed", "corrected"):
        assert "rewards in [0, 1]" in data["theorem_1"][column]["does_not_apply"]
    assert data["theorem_1"]["sharp"]["bound"] > 0


def test_the_questions_the_other_way_round(answer):
    data = answer(*FULL, "--target-gradient", "0.5", "--budget", "1e9")
    for column in COLUMNS:
        count, step = (data["target_gradient"][column][key] for key in ("iterations", "step_size"))
        words = without("--iterations")
        again = answer(*words, "--iterations", str(count), "--step-size", repr(step))
        assert again["theorem_1"][column]["bound"] <= 0.5
        epsilon = data["budget"][column]["epsilon"]
        again = answer(*without("--epsilon"), "--epsilon", repr(epsilon))
        assert again["theorem_2"][column]["iterations"] <= 10**9
    counts = [data["target_gradient"][column]["iterations"] for column in COLUMNS]
    assert counts[2] < counts[0] < counts[1]


def test_graphs_side_by_side(answer, dcpg):
    names = ["ring", "star", "complete", "hypercube:2", "torus:2x2", "grid:2x2"]
    data = answer(*FULL, "--compare", *names)
    assert list(data["compare"]) == names
    there = {name: found["mixing"]["spectral_gap"] for name, found in data["compare"].items()}
    assert there["complete"] > there["ring"] > there["star"]
    assert there["hypercube:2"] == there["ring"] == there["grid:2x2"]
    shown = dcpg("bounds", *FULL, "--compare", *names).out
    assert all(name in shown for name in names)


def test_the_table_shows_all_columns_and_every_reason(dcpg):
    ended = dcpg("bounds", *FULL)
    assert ended.code == 0
    for word in (*COLUMNS, "iterations", "by consensus", "sigma_2"):
        assert word in ended.out
    late = dcpg("bounds", *FULL, "--step-size", "1")
    assert "does not apply: step size 1" in late.out


def test_a_problem_has_a_column_of_its_own(answer, tmp_path):
    file = tmp_path / "p.npz"
    task = random_problem(1, 1, 4, 2).tasks[0]
    rng = np.random.default_rng(0)
    save_problem(MultiTaskProblem([task.with_rewards(rng.random((4, 2))) for _ in range(3)]), file)
    words = [
        "--graph",
        "ring",
        "--regularization",
        "0.01",
        "--iterations",
        "1000",
        "--epsilon",
        "0.1",
    ]
    data = answer("--problem", str(file), *words)
    assert list(data["theorem_1"]) == COLUMNS
    first = data["theorem_1"] | {"instance": data["instance"]["theorem_1"]}
    bound = {column: found["bound"] for column, found in first.items()}
    assert bound["instance"] <= bound["sharp"] <= bound["corrected"]
    assert data["inputs"]["mismatch"] > 0
    second = data["theorem_2"] | {"instance": data["instance"]["theorem_2"]}
    counts = {column: found["iterations"] for column, found in second.items()}
    assert counts["instance"] <= counts["sharp"] <= counts["corrected"]


def test_a_problem_that_breaks_assumption_2_keeps_theorem_1(answer):
    words = [
        "--graph",
        "ring",
        "--regularization",
        "0.01",
        "--iterations",
        "1000",
        "--epsilon",
        "0.1",
    ]
    data = answer("--problem", "random:7,3,4,2", *words)
    for found in data["theorem_2"].values():
        assert "Assumption 2" in found["does_not_apply"]
    assert data["theorem_1"]["sharp"]["bound"] > 0


def test_a_plot_is_drawn_under_its_name(answer, tmp_path):
    file = tmp_path / "curves.png"
    words = [
        "--problem",
        "random:7,2,2,2",
        "--graph",
        "ring",
        "--regularization",
        "0.01",
        "--iterations",
        "30",
    ]
    data = answer(*words, "--plot", str(file))
    assert file.read_bytes().startswith(b"\x89PNG")
    assert data["plot"]["iterations"] == 30
    for column in data["plot"]["columns"]:
        name = column["statement"]
        first = data[name]["theorem_1"] if name in data else data["theorem_1"][name]
        bound = first["bound"]
        assert column["observed"][-1][1] <= bound
        norms = [norm for _, norm in column["observed"]]
        assert norms == sorted(norms, reverse=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--discount", "1"], "discount=1 must lie in the open interval"),
        (["--discount", "x"], "discount=x must be a number"),
        ([], "give --agents and --discount, or --problem"),
        (["--discount", "0.9", "0.8", "--agents", "3"], "2 discounts for 3 agents"),
        (["--discount", "0.9", "--graph", "torus:3x4"], "has 12 nodes, there are 1 agents"),
        (["--discount", "0.9", "--graph", "moon"], "--graph moon must be ring"),
        (["--discount", "0.9", "--iterations", "1.5"], "--iterations 1.5 must be an integer"),
        (["--discount", "0.9", "--mixing", "nosuch"], "--mixing nosuch must be"),
        (["--problem", "example-1", "--states", "3"], "--states and --problem exclude each other"),
        (["--discount", "0.9", "--plot", "x.png"], "--plot needs --problem"),
        (["--problem", "example-3"], "unknown problem"),
        (["--discount", "0.9", "--states", "0"], "--states"),
        (["--discount"], "requires an argument"),
    ],
)
def test_bad_input_is_one_line_and_code_2(dcpg, words, message):
    ended = dcpg("bounds", *words)
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""
    assert len(ended.err.strip().splitlines()) == 1


def test_a_disconnected_graph_is_refused_by_assumption_1(dcpg, tmp_path):
    file = tmp_path / "two-pairs.txt"
    file.write_text("0 1\n2 3\n")
    ended = dcpg("bounds", *without("--graph"), "--graph", str(file))
    assert ended.code == 2
    assert "Assumption 1" in ended.err


def test_nothing_heavy_is_loaded_for_sizes():
    """The start is most of the time a call takes."""
    program = (
        "import sys; sys.argv = ['dcpg', 'bounds', *sys.argv[1:]]\n"
        "from dcpg_theory.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted({n.partition('.')[0] for n in sys.modules}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *FULL], capture_output=True, text=True, check=True
    )
    heavy = {"numpy", "scipy", "networkx", "sympy", "z3", "matplotlib", "numba", "hypothesis"}
    assert set(done.stderr.split()) & heavy == set()


def test_gradient_tracking_has_a_column_of_its_own(answer, dcpg):
    """Another method, whose count is of the order epsilon^-2."""
    data = answer(*FULL)
    finer = answer(*without("--epsilon"), "--epsilon", "0.001")
    tracking, rough = (
        finer["gradient-tracking"]["theorem_2"],
        data["gradient-tracking"]["theorem_2"],
    )
    assert tracking["iterations"] / rough["iterations"] == pytest.approx(100**2, rel=0.01)
    assert tracking["iterations"] < finer["theorem_2"]["sharp"]["iterations"]
    assert tracking["claims"][0] == "gradient-tracking-rate"
    assert "tracking" in dcpg("bounds", *FULL).out


def test_a_file_that_is_no_plot_is_not_replaced(dcpg, tmp_path):
    words = ["--problem", "random:7,2,2,2", "--graph", "ring", "--regularization", "0"]
    file = tmp_path / "precious.png"
    file.write_bytes(b"mine")
    for target, message in (
        (file, "not replaced"),
        (tmp_path / "no" / "x.png", "there is no folder"),
        (tmp_path / "x.pdf", "must end in .png or .svg"),
    ):
        ended = dcpg("bounds", *words, "--iterations", "5", "--plot", str(target))
        assert ended.code == 2
        assert message in ended.err
    assert file.read_bytes() == b"mine"


def test_scaled_rewards_and_the_source_of_the_coefficient_are_said(dcpg, tmp_path):
    task = random_problem(1, 1, 3, 2).tasks[0]
    file = tmp_path / "wide.npz"
    save_problem(MultiTaskProblem([task.with_rewards(4 * task.rewards)]), file)
    words = ["--problem", str(file), "--regularization", "0.1", "--iterations", "10"]
    ended = dcpg("bounds", *words, "--epsilon", "1")
    assert "for rewards mapped from an interval of length" in ended.out
    assert "of an optimal policy" in ended.out
    data = json.loads(dcpg("bounds", *words, "--json", "-").out)
    assert data["inputs"]["mismatch_of"] == "an optimal policy"


@pytest.mark.parametrize("option", ["--regularization", "--initial-entropy", "--epsilon"])
def test_negative_numbers_are_refused(dcpg, option):
    ended = dcpg("bounds", *without(option, [*FULL, "--initial-entropy", "0"]), option, "-1")
    assert ended.code == 2
    assert "-1" in ended.err
