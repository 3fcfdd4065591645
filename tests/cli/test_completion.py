from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest


def complete(*words):
    """What bash would be offered for the last of the words."""
    return subprocess.run(
        [sys.executable, "-c", "import sys; from dcpg_theory.cli import main; main()"],
        env={
            **os.environ,
            "_DCPG_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("dcpg", *words)),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_dcpg(dcpg, shell):
    ended = dcpg("completion", shell)
    assert ended.code == 0
    assert f"_DCPG_COMPLETE={shell}_complete" in ended.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_the_script(dcpg, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    script = dcpg("completion", shell).out
    done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_shell_is_one_line(dcpg):
    ended = dcpg("completion", "tcsh")
    assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_commands_are_completed():
    assert complete("bou") == ["plain,bounds"]


def test_options_are_completed():
    assert "plain,--json" in complete("show", "--j")


def test_claims_are_completed():
    assert complete("show", "eq-18-c") == ["plain,eq-18-corrected"]
    assert "plain,theorem-1-sharp" in complete("audit", "theorem-1")


def test_problems_are_completed_or_left_to_the_shell():
    assert complete("run", "ex") == ["plain,example-1", "plain,example-2"]
    assert complete("run", "gridworld:fig2e") == ["plain,gridworld:fig2e"]
    assert complete("run", "tasks") == ["file,tasks"]
