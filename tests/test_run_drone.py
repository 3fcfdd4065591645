"""run.py and the drones' packages, with stand-ins: nothing is installed here."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from fake_installer import FakeInstaller

DRONE_LOCK = "big==1 \\\n    --hash=sha256:0\nrpc-msgpack==0.6 \\\n    --hash=sha256:1\nsmall==2\n"


def test_drone_packages_are_added_once_and_wheels_come_first(
    run: ModuleType, installer: FakeInstaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(run.ROOT, run.DRONE_LOCK).write_text(DRONE_LOCK)
    started: list[list[str]] = []
    monkeypatch.setattr(run, "replace_process", lambda command, *_: started.append(command))
    run.main(["drone", "doctor"])
    *_, wheels, source = installer.calls
    assert len(installer.calls) == 4 + 3  # once more ensurepip
    assert "--require-hashes" in wheels
    assert wheels.endswith("drone-wheels.txt --only-binary :all:")
    assert source.endswith("drone-source.txt --no-build-isolation")
    assert Path(run.VENV, "drone-wheels.txt").read_text() == (
        "big==1 \\\n    --hash=sha256:0\nsmall==2\n"
    )
    assert Path(run.VENV, "drone-source.txt").read_text() == (
        "rpc-msgpack==0.6 \\\n    --hash=sha256:1\n"
    )
    assert started[0][-3:] == ["dcpg_theory", "drone", "doctor"]
    run.main(["drone", "doctor"])
    assert len(installer.calls) == 7
    run.main(["show", "eq-18"])
    assert len(installer.calls) == 7
    Path(run.ROOT, run.DRONE_LOCK).write_text(DRONE_LOCK + "more==3\n")
    run.main(["drone", "doctor"])
    assert len(installer.calls) == 10


def test_other_commands_do_not_need_the_drone_lock(
    run: ModuleType, installer: FakeInstaller
) -> None:
    assert run.main(["setup"]) == 0
    assert not Path(run.DRONE_STAMP).exists()
    assert len(installer.calls) == 4


def test_failed_drone_installation_names_its_lock_and_its_log(
    run: ModuleType, installer: FakeInstaller, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(run.ROOT, run.DRONE_LOCK).write_text(DRONE_LOCK)
    installer.outcomes["drone-wheels.txt"] = (1, "surprise")
    assert run.main(["drone"]) == 2
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert sentence == (
        "run.py: pip could not install the packages of requirements-drone.lock; "
        f"the log is {run.DRONE_LOG}"
    )
    assert not Path(run.DRONE_STAMP).exists()
