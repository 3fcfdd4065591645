"""What a person sees who asks for help, on a screen, on a pipe, or with NO_COLOR set."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import click
import pytest

from dcpg_theory.cli import cli
from dcpg_theory.cli.examples import EXAMPLES

ESCAPE = "\x1b"
COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-79]|4[0-79]|9[0-7])[0-9;]*m")


def commands():
    context = click.Context(cli, info_name="dcpg")
    return {name: cli.get_command(context, name) for name in cli.list_commands(context)}


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")


@pytest.mark.usefixtures("narrow")
def test_help_fits_a_screen_with_its_examples_and_the_prompt(dcpg):
    lines = dcpg("--help").out.splitlines()
    assert len(lines) <= 23
    assert max(len(line) for line in lines) <= 80
    assert [line.strip() for line in lines[-len(EXAMPLES["dcpg"]) :]] == list(EXAMPLES["dcpg"])


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("name", commands())
def test_every_commands_help_says_what_it_does_and_ends_in_examples(dcpg, name):
    shown = dcpg(name, "--help").out
    assert f"Usage: dcpg {name}" in shown
    assert [line.strip() for line in shown.splitlines()[-len(EXAMPLES[name]) :]] == list(
        EXAMPLES[name]
    )
    assert max(len(line) for line in shown.splitlines()) <= 80 or name == "bench"  # long choices


@pytest.mark.parametrize("name", commands())
def test_every_option_has_a_word_of_help(name):
    found = commands()[name]
    members = found.commands.values() if isinstance(found, click.Group) else [found]
    silent = [
        option.opts[-1]
        for member in members
        for option in member.params
        if isinstance(option, click.Option) and not option.help and not option.show_default
    ]
    assert silent == []


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_examples_are_read_by_their_commands(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eq-77-gradient.toml").touch()
    words = shlex.split(line, comments=True)
    words = shlex.split(words[1][2:-1]) if words[0] == "eval" else words
    words = words[: words.index(">")] if ">" in words else words
    assert words.pop(0) == "dcpg"
    command, context = cli, click.Context(cli, info_name="dcpg")
    while isinstance(command, click.Group):
        name, command, words = command.resolve_command(context, words)
        context = command.make_context(name, list(words), parent=context) if not isinstance(
            command, click.Group
        ) else click.Context(command, info_name=name, parent=context)  # fmt: skip
    assert context.command is command


def test_a_wrong_example_would_be_noticed():
    with pytest.raises(click.UsageError):
        commands()["run"].make_context("run", ["example-1", "--iteration-count", "3"])


def test_short_helps_are_whole_sentences():
    group = commands()["gridworld"]
    for name in group.list_commands(click.Context(group)):
        assert "..." not in group.get_command(click.Context(group), name).get_short_help_str(60)


def test_a_pipe_gets_no_escapes(dcpg_process):
    ended = dcpg_process("show", "eq-18")
    assert ended.code == 0
    assert ESCAPE not in ended.out + ended.err


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX")
@pytest.mark.parametrize(("setting", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_no_color_is_set(setting, coloured):
    import pty

    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "dcpg_theory", "show", "eq-18"],
        env={**kept, "TERM": "xterm-256color", **setting},
        stdout=secondary,
        stderr=secondary,
    )
    os.close(secondary)
    shown = b""
    try:
        while piece := os.read(primary, 65536):
            shown += piece
    except OSError:  # Linux says so when the other side has closed
        pass
    os.close(primary)
    assert process.wait() == 0
    assert "refuted" in shown.decode()
    assert bool(COLOUR.search(shown.decode())) is coloured
