"""The command ``dcpg`` itself: help, version, and what it does not know."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest

from dcpg_theory.cli import main


def test_help_lists_the_commands_and_the_exit_codes(dcpg):
    ended = dcpg("--help")
    assert ended.code == 0
    for word in ("audit", "run", "show", "Exit codes"):
        assert word in ended.out


def test_the_version_is_the_packages(dcpg):
    assert dcpg("--version").out == f"dcpg, version {version('dcpg-theory')}\n"


def test_no_command_at_all_is_answered_with_help(dcpg):
    ended = dcpg()
    assert ended.code == 2
    assert "Commands" in ended.err


@pytest.mark.parametrize("command", ["audti", "cli"])
def test_an_unknown_command_is_one_line(dcpg, command):
    ended = dcpg(command)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"dcpg: No such command '{command}'")
    assert ended.err.count("\n") == 1


def test_an_interrupted_command_says_nothing(dcpg, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("dcpg_theory.cli.show.load_registry", interrupted)
    ended = dcpg("show", "eq-1")
    assert ended.code == 130
    assert "Traceback" not in ended.err


def test_a_bug_is_not_disguised_as_bad_input(monkeypatch):
    def broken():
        raise ZeroDivisionError

    monkeypatch.setattr("dcpg_theory.cli.show.load_registry", broken)
    monkeypatch.setattr(sys, "argv", ["dcpg", "show", "eq-1"])
    with pytest.raises(ZeroDivisionError):
        main()
