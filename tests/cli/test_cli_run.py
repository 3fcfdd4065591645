"""``dcpg run``: from a problem's name to a result file, a plot and a summary."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import dcpg_theory
from dcpg_theory.cli import cli, main
from dcpg_theory.cli.choices import first_parameters, mixing_matrix, step_sizes
from dcpg_theory.engine import load_result, read_record
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import example_1, graphs, save_problem

PNG, SVG = b"\x89PNG", b"<?xml"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def dcpg_run(*words):
    """Run the command in this process; return its final summary."""
    found = CliRunner().invoke(
        cli, ["run", *words, "--json", "-"], standalone_mode=False, catch_exceptions=False
    )
    return json.loads(found.stdout)


def fails(monkeypatch, capsys, *words):
    """Run the command as a shell would; return its exit code and its only line of error."""
    monkeypatch.setattr(sys, "argv", ["dcpg", "run", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return ended.value.code, error


def left(data, who="mean"):
    policy = data["final"]["policy"]["S3"][who]
    return policy[0] if who == "mean" else [row[0] for row in policy]


def test_example_1_goes_to_the_printed_optimum_without_any_option(tmp_path):
    """In a real process, on a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "dcpg_theory", "run", "example-1"],
        env={**os.environ, "PYTHONPATH": str(Path(dcpg_theory.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "objective of the mean parameters  1.513   (optimum: 1.513)" in done.stdout
    for who in ("mean parameters", "agent 1", "agent 2"):
        assert any(
            line.split(maxsplit=2)[-1].strip() == "L 0.500  R 0.500"
            for line in done.stdout.splitlines()
            if line.strip().startswith(who)
        )
    assert "wrote example-1.npz and example-1.png" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["example-1.npz", "example-1.png"]
    assert (tmp_path / "example-1.png").read_bytes().startswith(PNG)


def test_example_2_goes_to_the_end_that_is_nearer_or_stays_in_the_middle():
    quick = ("example-2", "--no-plot", "--iterations", "400", "--record-every", "100")
    middle = dcpg_run(*quick)
    to_left = dcpg_run(*quick, "--initial", "S3:L=0.3")
    to_right = dcpg_run(*quick, "--initial", "S3:R=0.3")
    assert left(middle) == pytest.approx(0.5, abs=1e-9)
    assert left(to_left) > 0.99
    assert left(to_right) < 0.01
    best = to_left["final"]["objective"]
    assert to_right["final"]["objective"] == pytest.approx(best, abs=1e-12)
    assert best > middle["final"]["objective"] + 0.4


def test_the_result_file_tells_how_it_came_about():
    words = ["random:3,3,4,2", "--start-parameters", "random", "--seed", "5", "--no-plot"]
    data = dcpg_run(*words, "--iterations", "20", "--graph", "star", "--out", "a.npz")
    trace, metadata = load_result("a.npz")
    assert metadata["command"].startswith(
        "dcpg run random:3,3,4,2 --graph star --iterations 20 --start-parameters random --seed 5"
    )
    assert metadata["seed"] == 5
    assert set(metadata["versions"]) == {"dcpg_theory", "python", "numpy", "scipy"}
    star = graphs.lazy_metropolis(graphs.star(3)).matrix
    np.testing.assert_array_equal(metadata["mixing"], star)
    assert data["final"]["objective"] == trace.final["objective"]
    assert data["result"] == "a.npz"
    assert data["plot"] is None
    again = dcpg_run(*words, "--iterations", "20", "--graph", "star", "--out", "b.npz")
    assert again["final"] == data["final"]


def test_a_problem_file_is_run_and_not_overwritten():
    save_problem(example_1(0.9), "corridor.npz")
    data = dcpg_run("corridor.npz", "--iterations", "3", "--regularization", "0.1")
    assert (data["result"], data["plot"]) == ("corridor-run.npz", "corridor-run.png")


@pytest.mark.parametrize(
    "words",
    [
        ("example-1",),
        ("example-2:p=0.6", "--iterations", "0"),
        ("random:1,9,3,4", "--start-parameters", "random"),
        ("random:1,1,3,2",),
    ],
)
@pytest.mark.parametrize(("suffix", "magic"), [(".png", PNG), (".svg", SVG)])
def test_runs_of_all_shapes_are_drawn(tmp_path, words, suffix, magic):
    where = ("--plot", f"a{suffix}", "--out", "a.npz")
    dcpg_run("--iterations", "25", *words, *where)
    first = (tmp_path / f"a{suffix}").read_bytes()
    assert first.startswith(magic)
    assert len(first) < 150_000
    if magic == PNG:
        dcpg_run("--iterations", "25", *words, *where)
        assert (tmp_path / f"a{suffix}").read_bytes() == first


def test_earlier_results_are_replaced_and_other_files_are_not(tmp_path, monkeypatch, capsys):
    quick = ("example-1", "--iterations", "2")
    dcpg_run(*quick)
    dcpg_run(*quick, "--seed", "1")
    assert load_result("example-1.npz")[1]["seed"] == 1
    for name, what in (("example-1.npz", "result"), ("example-1.png", "plot")):
        before = (tmp_path / name).read_bytes()
        (tmp_path / name).write_text("mine")
        code, error = fails(monkeypatch, capsys, *quick)
        assert (code, error) == (
            2,
            f"dcpg: {name}: exists and is no {what} of a run; not replaced\n",
        )
        assert (tmp_path / name).read_text() == "mine"
        (tmp_path / name).write_bytes(before)


def test_a_run_goes_on_from_its_checkpoint():
    words = ("example-2", "--no-plot", "--record-every", "10", "--initial", "S3:L=0.3")
    whole = dcpg_run(*words, "--iterations", "60")
    dcpg_run(*words, "--iterations", "30", "--checkpoint", "c.npz")
    longer = dcpg_run(*words, "--iterations", "60", "--checkpoint", "c.npz", "--resume")
    assert longer["final"] == whole["final"]


def test_variants_are_named_by_options():
    quick = ("random:3,3,4,2", "--iterations", "60", "--step-size", "0.5", "--no-plot")
    plain = dcpg_run(*quick)
    found = {"dcpg": plain}
    for name, words in {
        "gossip": ("--method", "gossip", "--seed", "3"),
        "tracking": ("--method", "gradient-tracking"),
        "estimates": ("--gradient", "reinforce:5"),
        "cycle": ("--graph", "directed-cycle"),
    }.items():
        found[name] = dcpg_run(*quick, *words)
        assert found[name]["final"] == dcpg_run(*quick, *words)["final"]
    objectives = {data["final"]["objective"] for data in found.values()}
    assert len(objectives) == len(found)
    assert found["gossip"]["method"] == "gossip"
    assert found["cycle"]["mixing"] == graphs.directed_cycle(3).matrix.tolist()
    assert found["tracking"]["final"]["consensus_error"] < plain["final"]["consensus_error"]


def test_matrices_in_one_file_take_turns():
    matrices = np.stack([graphs.directed_cycle(3).matrix, np.eye(3)])
    np.save("w.npy", matrices)
    words = ("random:3,3,4,2", "--iterations", "20", "--no-plot")
    data = dcpg_run(*words, "--mixing", "w.npy")
    assert data["mixing"] == matrices.tolist()
    assert data["final"] != dcpg_run(*words, "--graph", "directed-cycle")["final"]


@pytest.mark.parametrize("words", [("--method", "gossip"), ("--gradient", "reinforce:3")])
def test_variants_are_drawn(tmp_path, words):
    dcpg_run("example-1", "--iterations", "50", *words, "--plot", "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)


def test_a_streamed_record_is_that_of_the_result_and_is_not_overwritten(monkeypatch, capsys):
    words = ["random:3,3,4,2", "--iterations", "40", "--every", "7", "--no-plot"]
    words += ["--record", "r.npy", "--quantity", "lyapunov", "--quantity", "agent_errors"]
    data = dcpg_run(*words)
    assert data["record"] == "r.npy"
    trace, _ = load_result("random-3-3-4-2.npz")
    recorded = read_record("r.npy")
    assert list(recorded) == list(trace.recorded)
    for name, series in trace.recorded.items():
        np.testing.assert_array_equal(recorded[name], series)
    assert recorded["agent_errors"].shape == (len(recorded["iteration"]), 3)
    code, error = fails(monkeypatch, capsys, *words)
    assert (code, error.count("\n")) == (2, 1)
    assert "r.npy: exists; a record never overwrites" in error


def test_a_streamed_run_goes_on_from_its_checkpoint():
    words = ("example-2", "--no-plot", "--every", "10", "--checkpoint", "c.npz")
    dcpg_run(*words, "--iterations", "30", "--record", "r.npy")
    dcpg_run(*words, "--iterations", "60", "--record", "r.npy", "--resume")
    whole = dcpg_run(*words[:-1], "d.npz", "--iterations", "60", "--record", "s.npy")
    assert Path("r.npy").read_bytes() == Path("s.npy").read_bytes()
    assert whole["iterations"] == 60


def test_quiet_prints_nothing(capsys):
    cli.main(["run", "example-1", "--iterations", "2", "--quiet"], standalone_mode=False)
    assert capsys.readouterr() == ("", "")


def test_a_graph_without_consensus_is_a_warning_of_one_line():
    np.save("w.npy", np.eye(2))
    words = ["run", "example-1", "--mixing", "w.npy", "--iterations", "2", "--quiet", "--no-plot"]
    found = CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=False)
    assert found.return_value == 0
    assert found.stderr.startswith("dcpg: warning: the graph of the mixing matrix is disconnected")
    assert found.stderr.count("\n") == 1


def test_a_run_that_diverges_exits_1_and_keeps_what_it_had(monkeypatch, capsys):
    words = ("example-1", "--step-size", "1:1e308", "--regularization", "1e6", "--no-plot")
    code, error = fails(monkeypatch, capsys, *words, "--initial", "S1:L=1", "--iterations", "9")
    assert code == 1
    assert "is not finite, kept those up to" in error
    trace, _ = load_result("example-1.npz")
    assert trace.stopped
    assert np.isfinite(trace.parameters).all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["exampel-1"], "unknown problem 'exampel-1'"),
        (["example-1", "--graph", "wheel"], "--graph wheel must be ring, complete"),
        (["example-1", "--graph", "ring:3"], "--graph ring:3 must be ring"),
        (["example-1", "--graph", "grid:2x3"], "has 6 nodes, the problem has 2 tasks"),
        (["example-1", "--graph", "hypercube:2x3"], "--graph hypercube:2x3 must be"),
        (["example-1", "--mixing", "olshevsky"], "must be lazy-metropolis, metropolis or a file"),
        (["example-1", "--step-size", "0"], "--step-size 0 must be A or A:B:..."),
        (["example-1", "--step-size", "1:nan"], "--step-size 1:nan must be"),
        (["example-1", "--step-size", "big"], "--step-size big must be"),
        (["example-1", "--iterations", "-1"], "-1"),
        (["example-1", "--regularization", "-1"], "regularization=-1.0 must be finite and not"),
        (["example-1", "--regularization", "nan"], "regularization=nan must be finite"),
        (["example-1", "--initial", "S3"], "must read STATE:ACTION=NUMBER, as S3:L=0.3"),
        (["example-1", "--initial", "S9:L=1"], "there is no state S9, but S1, S2, S3, S4, S5"),
        (["example-1", "--initial", "S3:U=1"], "there is no action U, but L, R"),
        (["example-1", "--initial", "S3:L=inf"], "inf must be a finite number"),
        (["example-1", "--state", "S7"], "--state S7: there is no such state, but S1, S2"),
        (["example-1", "--out", "a.txt"], "--out a.txt must end in .npz"),
        (["example-1", "--out", "no/a.npz"], "no/a.npz: there is no folder no"),
        (["example-1", "--plot", "a.gif"], "--plot a.gif must end in .png or .svg"),
        (["example-1", "--plot", "a.png", "--no-plot"], "exclude each other"),
        (["example-1", "--resume"], "--resume needs --checkpoint FILE"),
        (["example-1", "--record", "r.txt"], "--record r.txt must end in .npy"),
        (["example-1", "--record", "no/r.npy"], "no/r.npy: there is no folder no"),
        (["example-1", "--gradient", "reinforce"], "must be exact or reinforce:N, N episodes each"),
        (["example-1", "--gradient", "reinforce:0"], "must be exact or reinforce:N"),
        (["example-1", "--method", "adam"], "'adam' is not one of 'dcpg', 'gossip', 'grad"),
        (["example-1", "--path", "gpu"], "'gpu' is not one of"),
        (["example-1", "--quantity", "speed"], "'speed' is not one of 'agent_errors'"),
        (["example-1", "--every", "0"], "0 is not in the range x>=1"),
        (["example-1", "--ranks", "0"], "0 is not in the range x>=1"),
        (["example-1", "--mixing", "none.npy"], "must be lazy-metropolis, metropolis or a file"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(monkeypatch, capsys, tmp_path, words, message):
    code, error = fails(monkeypatch, capsys, *words)
    assert code == 2
    assert message in error
    assert not list(tmp_path.iterdir())


def test_mixing_matrices_are_read_from_text(tmp_path):
    (tmp_path / "w.txt").write_text("2/3 1/3\n\n0.3333333333, 0.6666666667\n")
    with pytest.raises(InvalidInput, match=r"--mixing w\.txt: row|column"):
        mixing_matrix("ring", "w.txt", 2)
    (tmp_path / "w.txt").write_text("2/3 1/3\n\n1/3, 2/3\n")
    assert mixing_matrix("ring", "w.txt", 2).exact is not None
    (tmp_path / "w.txt").write_text("a b\n")
    with pytest.raises(InvalidInput, match=r"must be a \.npy file or a text"):
        mixing_matrix("ring", "w.txt", 2)


@pytest.mark.parametrize(
    ("name", "graph"),
    [
        ("ring", graphs.ring(8)),
        ("path", graphs.path(8)),
        ("grid:2x4", graphs.grid(2, 4)),
        ("torus:2x4", graphs.torus(2, 4)),
        ("hypercube:3", graphs.hypercube(3)),
    ],
)
def test_graphs_are_known_by_name(name, graph):
    assert mixing_matrix(name, "metropolis", 8) == graphs.metropolis(graph)


def test_steps_follow_a_broken_line():
    assert step_sizes("0.25", 10) == 0.25
    np.testing.assert_allclose(step_sizes("2:1", 3), [2, 1.5, 1])
    assert len(step_sizes("2:1", 0)) == 0


def test_settings_are_laid_over_the_start():
    rng = np.random.default_rng(0)
    theta = first_parameters(example_1(0.9), "zero", ["S3:L=0.3,S2:1=-2", "S3:R=1"], rng)
    expected = np.zeros((2, 5, 2))
    expected[:, 2], expected[:, 1, 1] = (0.3, 1), -2
    np.testing.assert_array_equal(theta, expected)
    agents = first_parameters(example_1(0.9), "random", ["S3:L=0.3"], rng)
    assert (agents[:, 2, 0] == 0.3).all()
    assert (agents[0, 0] != agents[1, 0]).all()


def test_the_accuracy_of_the_gradients_is_told():
    words = ["run", "random:1", "--iterations", "5", "--no-plot"]
    said = CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=False).stdout
    assert "error of a gradient, at most" in said
    found = dcpg_run("random:1", "--iterations", "5", "--no-plot")["accuracy"]
    assert found["kept"]
    assert found["gradient_error_bound"] < 1e-12
