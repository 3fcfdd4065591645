"""run.py with stand-ins for venv, pip and the interpreter: nothing is installed here."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from fake_installer import FakeInstaller, write_stub_environment

OLD_PYTHONS = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10")


def stamp(run: ModuleType) -> None:
    Path(run.STAMP).write_text("\n".join(run.fingerprints()))


@pytest.fixture
def start(run: ModuleType) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the project's run.py as its own process."""
    started: list[subprocess.Popen[str]] = []

    def popen(*arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, os.path.join(run.ROOT, "run.py"), *arguments],
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield popen
    for process in started:
        process.kill()
        process.communicate()


# What an old or unsuitable Python says


def test_source_is_plain_enough_for_old_parsers(repository_root: Path) -> None:
    source = (repository_root / "run.py").read_text(encoding="ascii")
    ast.parse(source, feature_version=(3, 4))


@pytest.mark.parametrize("version", OLD_PYTHONS)
def test_old_python_is_told_what_is_needed(repository_root: Path, version: str) -> None:
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    found = sorted(pyenv.glob(f"versions/{version}.*/bin/python")) + [
        Path(path)
        for path in ("/usr/bin", "/usr/local/bin")
        if (Path(path) / f"python{version}").is_file()
    ]
    if not found:
        pytest.skip(f"there is no Python {version} here")
    result = subprocess.run(
        [found[0], repository_root / "run.py", "audit"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"dcpg_theory needs Python 3.11 or newer; this is {version}.")
    assert result.stderr.count("\n") == 1


# Making the environment


def test_environment_is_made_once(run: ModuleType, installer: FakeInstaller) -> None:
    assert run.main(["setup"]) == 0
    venv, ensurepip, packages, project = installer.calls
    assert "-m venv --without-pip" in venv
    assert "-m ensurepip" in ensurepip
    assert "--require-hashes" in packages
    assert packages.endswith("requirements.lock")
    assert project.endswith(f"--no-build-isolation --editable {run.ROOT}")
    assert run.main(["setup"]) == 0
    assert len(installer.calls) == 4


def test_changed_pyproject_reinstalls_only_the_project(
    run: ModuleType, installer: FakeInstaller
) -> None:
    run.main(["setup"])
    installer.calls.clear()
    Path(run.ROOT, "pyproject.toml").write_text("[project] # changed\n")
    assert run.main(["setup"]) == 0
    assert not any("requirements.lock" in call or "-m venv" in call for call in installer.calls)
    assert "--editable" in installer.calls[-1]


def change_lock(run: ModuleType) -> None:
    Path(run.ROOT, "requirements.lock").write_text("something==2\n")


def change_python(run: ModuleType) -> None:
    run.sys = type("Sys", (), {**vars(sys), "version": "3.99"})  # type: ignore[attr-defined]


def lose_python(run: ModuleType) -> None:
    Path(run.VENV_PYTHON).unlink()
    Path(run.VENV_PYTHON).symlink_to("/nonexistent/python")


def lose_configuration(run: ModuleType) -> None:
    Path(run.VENV, "pyvenv.cfg").unlink()


def lose_stamp(run: ModuleType) -> None:
    Path(run.STAMP).unlink()


def spoil_stamp(run: ModuleType) -> None:
    Path(run.STAMP).write_bytes(b"\xff half a st")


def become_a_file(run: ModuleType) -> None:
    shutil.rmtree(run.VENV)
    Path(run.VENV).write_text("not a folder")


@pytest.mark.parametrize(
    "damage",
    [
        change_lock,
        change_python,
        lose_python,
        lose_configuration,
        lose_stamp,
        spoil_stamp,
        become_a_file,
    ],
)
def test_environment_that_is_not_whole_is_made_again(
    run: ModuleType, installer: FakeInstaller, damage: Callable[[ModuleType], None]
) -> None:
    run.main(["setup"])
    (Path(run.VENV) / "left over").touch()
    installer.calls.clear()
    damage(run)
    assert run.main(["setup"]) == 0
    assert len(installer.calls) == 4
    assert not (Path(run.VENV) / "left over").exists()


@pytest.mark.parametrize("moment", ["-m venv", "-m ensurepip", "requirements.lock", "--editable"])
def test_interrupted_setup_is_quiet_and_made_again(
    run: ModuleType, installer: FakeInstaller, capsys: pytest.CaptureFixture[str], moment: str
) -> None:
    installer.interrupted_at = moment
    assert run.main(["setup"]) == 130
    assert capsys.readouterr().err.count("\n") == 1
    installer.interrupted_at = None
    installer.calls.clear()
    assert run.main(["setup"]) == 0
    assert len(installer.calls) == 4


@pytest.mark.usefixtures("installer")
def test_linked_environment_loses_only_the_link(run: ModuleType, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    Path(run.VENV).symlink_to(elsewhere)
    assert run.main(["setup"]) == 0
    assert not Path(run.VENV).is_symlink()
    assert (elsewhere / "precious").exists()


# What can go wrong, each in one sentence


def last_words(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the sentence that follows the announcement; there must be just one."""
    out, err = capsys.readouterr()
    assert out == ""
    announcement, sentence = err.splitlines()
    assert announcement.startswith("Setting up .venv")
    return sentence


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "a download does not have the hash that requirements.lock records",
        ),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError'\n"
            "ERROR: No matching distribution found for something==1",
            "the package index cannot be reached (is there a network?)",
        ),
        (
            "ERROR: No matching distribution found for something==1",
            "no index in reach has all of requirements.lock for this Python",
        ),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("surprise", "pip could not install the packages of requirements.lock"),
    ],
)
def test_failed_installation_is_one_sentence_that_names_the_log(
    run: ModuleType,
    installer: FakeInstaller,
    capsys: pytest.CaptureFixture[str],
    output: str,
    sentence: str,
) -> None:
    installer.outcomes["requirements.lock"] = (1, output)
    assert run.main(["setup"]) == 2
    assert last_words(capsys) == f"run.py: {sentence}; the log is {run.LOG}"
    assert output in Path(run.LOG).read_text()
    assert not Path(run.STAMP).exists()


def test_python_without_ensurepip_uses_its_own_pip(
    run: ModuleType, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "has_module", lambda name: name != "ensurepip")
    assert run.main(["setup"]) == 0
    _, packages, project = installer.calls
    for call in (packages, project):
        assert call.startswith(f"{sys.executable} -m pip --python {run.VENV_PYTHON} install ")


def test_python_whose_ensurepip_fails_uses_its_own_pip(
    run: ModuleType, installer: FakeInstaller
) -> None:
    installer.outcomes["-m ensurepip"] = (1, "")
    assert run.main(["setup"]) == 0
    assert installer.calls[-1].startswith(f"{sys.executable} -m pip --python ")


@pytest.mark.usefixtures("installer")
@pytest.mark.parametrize("missing", [("ensurepip", "pip"), ("venv",)])
def test_python_without_the_means_names_the_debian_package(
    run: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: tuple[str, ...],
) -> None:
    monkeypatch.setattr(run, "has_module", lambda name: name not in missing)
    assert run.main(["setup"]) == 2
    assert last_words(capsys).endswith("on Debian, install the package python3-venv")


def test_folder_that_cannot_be_written_is_one_sentence(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(run.os, "mkdir", refuse)
    assert run.main(["setup"]) == 2
    assert last_words(capsys) == f"run.py cannot go on: {run.VENV}: Permission denied"


def test_missing_lock_file_is_one_sentence(
    run: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = Path(run.ROOT, "requirements.lock")
    lock.unlink()
    assert run.main(["audit"]) == 2
    assert capsys.readouterr().err == f"run.py cannot go on: {lock}: No such file or directory\n"


# The caller's variables


def test_setup_keeps_only_how_packages_are_reached(
    run: ModuleType, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = {
        "PYTHONPATH": "/x",
        "PYTHONHOME": "/x",
        "PYTHONWARNINGS": "error",
        "VIRTUAL_ENV": "/x",
        "PIP_TARGET": "/x",
        "PIP_NO_BINARY": ":all:",
    }
    for name, value in {**foreign, "PIP_REQUIRE_VIRTUALENV": "1", "PIP_PROXY": "p"}.items():
        monkeypatch.setenv(name, value)
    run.main(["setup"])
    for environment in installer.environments:
        assert not foreign.keys() & environment.keys()
        assert environment["PIP_REQUIRE_VIRTUALENV"] == "0"
        assert environment["PIP_PROXY"] == "p"


def test_command_runs_as_in_an_activated_environment(run: ModuleType) -> None:
    given = {"PYTHONPATH": "/x", "PYTHONHOME": "/x", "PATH": "/bin", "PIP_TARGET": "/x"}
    expected = {"VIRTUAL_ENV": run.VENV, "PATH": f"{run.SCRIPTS}:/bin", "PIP_TARGET": "/x"}
    assert run.command_environment(given) == expected


# The command


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_usage_needs_no_environment(
    run: ModuleType, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run.main(arguments) == 0
    assert capsys.readouterr().out.startswith("usage: python3 run.py COMMAND")
    assert not Path(run.VENV).exists()


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["audit", "eq-1 *", "--json", "-"], ["dcpg_theory", "audit", "eq-1 *", "--json", "-"]),
        (["show", "eq-18"], ["dcpg_theory", "show", "eq-18"]),
        (["test", "-n0", "-k", "a b"], ["pytest", "-n0", "-k", "a b"]),
    ],
)
def test_arguments_and_exit_code_pass_through(
    run: ModuleType,
    start: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    arguments: list[str],
    command: list[str],
) -> None:
    write_stub_environment(run)
    stamp(run)
    process = start(*arguments, cwd=tmp_path)
    out, err = process.communicate(timeout=60)
    assert out.splitlines() == ["-P", "-m", *command]
    assert err == ""
    assert process.returncode == 7


def test_whole_suite_runs_with_a_process_per_core(run: ModuleType) -> None:
    many = ["-n", "auto", "--dist", "worksteal"]
    assert run.pytest_arguments([], run.ROOT) == many
    assert run.pytest_arguments(["-k", "mixing", "-x"], run.ROOT) == [*many, "-k", "mixing", "-x"]


@pytest.mark.parametrize("choice", ["-n2", "--dist=no", "-s", "-pno:xdist", "tests/test_run.py::x"])
def test_process_count_is_the_users_to_choose(run: ModuleType, choice: str) -> None:
    assert run.pytest_arguments([choice], run.ROOT) == [choice]


def test_test_paths_are_relative_to_the_caller(run: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").touch()
    given = ["-n0", "test_mine.py::test_x", "test_absent.py"]
    expected = ["-n0", f"{tmp_path}/test_mine.py::test_x", "test_absent.py"]
    assert run.pytest_arguments(given, str(tmp_path)) == expected


# Several starts in one folder


@pytest.fixture
def locked(run: ModuleType) -> Iterator[int]:
    """The project's folder, locked as by another start that makes the environment."""
    fcntl = pytest.importorskip("fcntl")
    folder = os.open(run.ROOT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    yield folder
    os.close(folder)


def test_second_start_waits_for_the_first_and_uses_its_environment(
    run: ModuleType, start: Callable[..., subprocess.Popen[str]], locked: int
) -> None:
    process = start("audit")
    assert process.stderr is not None
    assert (
        process.stderr.readline()
        == "Waiting for another start of run.py in this folder to end ...\n"
    )
    write_stub_environment(run)
    stamp(run)
    run.fcntl.flock(locked, run.fcntl.LOCK_UN)
    out, err = process.communicate(timeout=60)
    assert (out, err, process.returncode) == ("-P\n-m\ndcpg_theory\naudit\n", "", 7)


@pytest.mark.usefixtures("locked")
def test_interrupt_ends_quietly(start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start("audit")
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (err, process.returncode) == ("", 130)


def test_environment_in_use_is_not_remade(
    run: ModuleType, start: Callable[..., subprocess.Popen[str]]
) -> None:
    fcntl = pytest.importorskip("fcntl")
    write_stub_environment(run, "#!/bin/sh\necho in use\nread line\n")
    stamp(run)
    first = start("audit")
    assert first.stdout is not None
    assert first.stdout.readline() == "in use\n"
    folder = os.open(run.ROOT, os.O_RDONLY)
    try:
        with pytest.raises(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    finally:
        os.close(folder)


def test_start_in_a_ready_environment_takes_well_under_a_second(
    run: ModuleType, start: Callable[..., subprocess.Popen[str]]
) -> None:
    write_stub_environment(run)
    stamp(run)
    began = time.perf_counter()
    start("audit").communicate(timeout=60)
    assert time.perf_counter() - began < 1
