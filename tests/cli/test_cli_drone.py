"""The command ``dcpg drone``."""

from __future__ import annotations

import importlib.util
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from raw_rpc import RawClient

from dcpg_theory import cli

NEEDED = ("jax", "mujoco", "msgpack", "optax")


@pytest.fixture
def extra() -> None:
    """Skip where the extra is absent."""
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        pytest.skip(f"needs the extra drone: {', '.join(absent)} not installed")


@pytest.fixture
def dcpg(monkeypatch, capsys, tmp_path):
    """Run a command in an empty folder; return its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dcpg", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return call


def test_help_lists_the_commands(dcpg):
    code, out, _ = dcpg("drone", "--help")
    assert code == 0
    for command in ("train", "evaluate", "table", "curves", "watch", "doctor", "serve"):
        assert re.search(rf"^  {command} ", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "--world", "9"], "world '9' must be 0 to 3, corridor, hall"),
        (["train", "--world", "no.xml"], "no.xml: No such file"),
        (["train", "--connect", "here"], "endpoint 'here' must read HOST:PORT"),
        (["train", "--connect", "1:1", "--world", "0"], "--connect excludes --world"),
        (["train", "--client", "airsim"], "--client and --starts need --connect"),
        (["train", "--connect", "1:1", "--starts", "s.json"], "must be a JSON list of"),
        (["table", "--connect", "1:1", "--jobs", "2"], "--connect needs --jobs 1"),
        (["train", "--tier", "huge"], "'huge' is not one of"),
        (["train", "--episodes", "0"], "0 is not in the range"),
        (["evaluate", "none.npz"], "none.npz: there is no such file"),
        (["curves", "none.json"], "none.json: cannot be read as JSON"),
        (["watch", "--out", "flight.gif"], "--out flight.gif must end in .png or .svg"),
        (["serve", "--world", "attic"], "world 'attic' must be"),
    ],
)
@pytest.mark.usefixtures("extra")
def test_bad_input_is_one_line_and_exit_code_2(dcpg, words, message):
    code, out, err = dcpg("drone", *words)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("extra")
def test_a_world_that_does_not_parse_is_one_line(dcpg, tmp_path):
    (tmp_path / "bad.xml").write_text("<mujoco><worldbody><geom/></worldbody></mujoco>")
    code, _, err = dcpg("drone", "watch", "--world", "bad.xml")
    assert code == 2
    assert re.fullmatch(r"dcpg: world bad is no MJCF that MuJoCo can load: .*\n", err)


@pytest.mark.usefixtures("extra")
def test_no_server_is_one_line_and_exit_code_1(dcpg):
    pytest.importorskip("cosysairsim", reason="needs the extra drone")
    code, _, err = dcpg("drone", "watch", "--connect", "127.0.0.1:1")
    assert code == 1
    assert re.fullmatch(r"dcpg: no AirSim answers at 127\.0\.0\.1:1 .*\n", err)


def test_without_the_extra_one_line_says_how_to_get_it(dcpg, monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    code, _, err = dcpg("drone", "watch")
    assert code == 2
    assert err.count("\n") == 1
    assert "dcpg-theory[drone]" in err


@pytest.mark.usefixtures("extra")
def test_doctor_says_that_all_is_there(dcpg):
    code, out, _ = dcpg("drone", "doctor", "--json", "-")
    found = json.loads(out)
    assert (code, found["ready"]) == (0, True)


@pytest.mark.usefixtures("extra")
def test_watch_draws_a_flight(dcpg, tmp_path):
    code, out, _ = dcpg("drone", "watch", "--cap", "8", "--renderer", "rays", "--json", "f.json")
    assert code == 0
    assert "a pilot that sees depth in corridor: 3.2 m in 8 steps" in " ".join(out.split())
    assert (tmp_path / "flight.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads((tmp_path / "f.json").read_text())
    assert len(found["path"]) == 9
    assert len(found["actions"]) == 8


@pytest.mark.usefixtures("extra")
def test_a_table_is_made_and_what_is_there_is_not_made_again(dcpg, tmp_path, monkeypatch):
    words = [
        "drone", "table", "--algorithm", "reinforce", "--world", "0", "--world", "3",
        "--episodes", "2", "--cap", "6", "--jobs", "1", "--renderer", "rays", "--out", "runs",
    ]  # fmt: skip
    code, out, err = dcpg(*words)
    assert code == 0, err
    assert "reinforce-ring-seed0 training 2/2" in err
    found = json.loads((tmp_path / "runs" / "table.json").read_text())
    assert found["tier"]["name"] == "smoke, changed"
    flights = found["algorithms"]["reinforce"]["flights"]
    assert flights.keys() == {"DCPG", "SA-0", "SA-1", "untrained"}
    assert all(len(rows) == 1 and len(rows[0]) == 2 for rows in flights.values())
    text = (tmp_path / "runs" / "table.md").read_text()
    for part in ("embedded-mujoco (rays)", "2 training episodes", "cap 6", "1 seed", "| DCPG |"):
        assert part in text
    assert "descriptive interval (fewer than 5 seeds)" in text
    assert (tmp_path / "runs" / "table.png").read_bytes().startswith(b"\x89PNG")

    import dcpg_theory.drone.learning.training as training

    monkeypatch.setattr(training, "train", None)
    code, _, err = dcpg(*words)
    assert code == 0, err
    assert (
        json.loads((tmp_path / "runs" / "table.json").read_text())["algorithms"]
        == (found["algorithms"])
    )
    code, _, err = dcpg(*words, "--seeds", "1", "--cap", "7")
    assert code == 2
    assert "is of other settings; choose another --out" in err

    code, _, err = dcpg("drone", "curves", "runs/table.json")
    assert code == 0, err
    assert (tmp_path / "runs" / "curves-reinforce.png").read_bytes().startswith(b"\x89PNG")
    code, _, err = dcpg("drone", "curves", "runs/table.json", "--algorithm", "ppo")
    assert code == 2

    run = "runs/reinforce-ring-seed0.npz"
    code, out, err = dcpg(
        "drone", "evaluate", run, "--world", "0", "--test-episodes", "2", "--json", "-"
    )
    assert code == 0, err
    assert len(json.loads(out)["flights"]["DCPG"][0]) == 2
    code, out, err = dcpg("drone", "watch", "--run", run, "--cap", "3", "--out", "w.svg")
    assert code == 0, err
    code, _, err = dcpg("drone", "watch", "--run", run, "--agent", "5")
    assert code == 2
    assert "has agents 0 to 1" in err


@pytest.mark.usefixtures("extra")
def test_train_says_how_fast_and_where_the_time_went(dcpg, tmp_path):
    code, out, err = dcpg(
        "drone", "train", "--world", "0", "--world", "3", "--graph", "none", "--episodes", "1",
        "--cap", "5", "--renderer", "rays", "--json", "t.json",
    )  # fmt: skip
    assert code == 0, err
    assert "steps/s (forward" in out
    found = json.loads((tmp_path / "t.json").read_text())
    assert sum(found["speed"]["shares"].values()) == pytest.approx(1)
    assert found["log"]["steps"]


@pytest.mark.usefixtures("extra")
def test_serve_says_where_answers_and_ends_on_ctrl_c(tmp_path):
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "dcpg_theory", "drone", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        said = server.stdout.readline()
        found = re.match(r"serving corridor at 127\.0\.0\.1:(\d+), dialect cosys", said)
        assert found is not None, said
        with RawClient(int(found[1])) as client:
            assert client.call("ping")
    finally:
        server.send_signal(signal.SIGINT)
        _, err = server.communicate(timeout=60)
    assert (server.returncode, err) == (0, "")


@pytest.mark.usefixtures("extra")
def test_one_process_an_agent_gives_the_same_run(dcpg, tmp_path):
    pytest.importorskip("mpi4py", reason="needs the extra mpi")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    if not mpiexec.exists():
        pytest.skip("there is no mpiexec beside this Python")
    words = [
        "drone", "train", "--world", "0", "--world", "3", "--episodes", "2", "--cap", "5",
        "--renderer", "rays", "--quiet",
    ]  # fmt: skip
    assert dcpg(*words, "--out", "one")[0] == 0
    program = [mpiexec, "-n", "2", sys.executable, "-m", "dcpg_theory", *words, "--mpi"]
    result = subprocess.run(
        [*program, "--out", "two"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr

    from dcpg_theory.drone.learning.runs import read_run

    one, two = (read_run(tmp_path / name / "reinforce-ring-seed0.npz") for name in ("one", "two"))
    for name, rows in one.log.items():
        np.testing.assert_array_equal(rows, two.log[name])
    for a, b in zip(one.policies, two.policies, strict=True):
        for layer in a:
            np.testing.assert_array_equal(a[layer], b[layer])
