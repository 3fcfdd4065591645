"""Every code block and command of the README and the documentation does what the page shows.

A page runs from top to bottom in one namespace and one temporary folder. A block that begins with
``# NAME.toml`` (or .txt, .py; a map with ``; NAME.txt``) is a file of that name. Of a ``console``
block each line after ``$`` is run, and what follows is compared with standard output, where ``...``
stands for anything; a command ends with exit code 0 unless ``$ echo $?`` after it shows another. A
block under ``<!-- not run: reason -->`` is skipped with the reason, and a page that says
``<!-- needs: PACKAGES -->`` where one of them is not installed.
"""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from dcpg_theory.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
    if path.is_file() and not {"examples", "claims", "_templates"} & set(path.parts)
)
RUN = {"console", "python"}
SHOWN = {"text", "toml", "{toctree}", "{raw} html"}
_FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>.+?) -->\n+)?^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_FILE = re.compile(r"[#;] ([\w-]+\.(?:toml|txt|py))\n")
_NEEDS = re.compile(r"^<!-- needs: (.+?) -->$", re.MULTILINE)
_SAME = doctest.OutputChecker()


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    kind: str
    text: str
    reason: str | None

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, if it is one."""
        named = _FILE.match(self.text)
        return named[1] if named else None

    @property
    def place(self) -> str:
        """Where the block begins."""
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    return [
        Block(
            page,
            text.count("\n", 0, found.start("kind")) + 1,
            found["kind"],
            found["text"],
            found["reason"],
        )
        for found in _FENCE.finditer(text)
    ]


BLOCKS = {page: blocks_of(page, (ROOT / page).read_text(encoding="utf-8")) for page in PAGES}
SKIPPED = [block for blocks in BLOCKS.values() for block in blocks if block.reason]


@pytest.mark.parametrize("page", [page for page in PAGES if BLOCKS[page]])
def test_every_block_says_what_it_is(page):
    """So that no command hides from being run in a block without a kind."""
    kinds = {block.kind: block.place for block in BLOCKS[page]}
    assert {kind: at for kind, at in kinds.items() if kind not in RUN | SHOWN} == {}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(b.kind in RUN for b in BLOCKS[page])]
)
def test_the_page_does_what_it_shows(page, tmp_path, monkeypatch, capsys):
    needed = _NEEDS.search((ROOT / page).read_text(encoding="utf-8"))
    for package in needed[1].split(", ") if needed else ():
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{page} needs {package}, which is not installed")
    monkeypatch.chdir(tmp_path)
    run_page(BLOCKS[page], tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("block", SKIPPED, ids=lambda block: block.place)
def test_a_block_that_is_not_run_says_why(block):
    pytest.skip(f"{block.place}: {block.reason}")


def run_page(blocks, folder, monkeypatch, capsys):
    """Write, execute or run the blocks of a page one after another."""
    namespace = {"__name__": "__main__"}
    for block in blocks:
        if block.reason:
            continue
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "python":
            run_python(block, namespace)
            capsys.readouterr()
        elif block.kind == "console":
            run_console(block, monkeypatch, capsys)


def run_python(block, namespace):
    """Execute a block, or compare its examples if it has a prompt."""
    if not block.text.startswith(">>>"):
        exec(compile(block.text, block.place, "exec"), namespace)
        return
    example = doctest.DocTestParser().get_doctest(
        block.text, namespace, block.place, block.page, block.line
    )
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    found = runner.run(example, out=said.append, clear_globs=False)
    namespace.update(example.globs)
    assert found.failed == 0, "".join(said)


def run_console(block, monkeypatch, capsys):
    """Run the commands of a block and compare what they print."""
    code = 0
    for prompt in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, shown = prompt.partition("\n")
        if command == "echo $?":
            assert f"{code}\n" == shown, block.place
            code = 0
            continue
        assert code == 0, f"{block.place}: exit code {code} before $ {command}"
        code, out = run_command(shlex.split(command, comments=True), monkeypatch, capsys)
        if shown.strip():
            printed = "".join(f"{line.rstrip()}\n" for line in out.splitlines())
            assert _SAME.check_output(shown, printed, doctest.ELLIPSIS), (
                f"{block.place}: $ {command} prints\n{printed}"
            )
    assert code == 0, f"{block.place}: exit code {code}"


def run_command(words, monkeypatch, capsys):
    """Return a command's exit code and standard output: dcpg in this process, Python in another."""
    if words[0] == "dcpg":
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().out
    program = {"python": [], "pytest": ["-m", "pytest", "-p", "no:cacheprovider"]}[words[0]]
    done = subprocess.run(
        [sys.executable, *program, *words[1:]],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


PAGE = """\
```python
x = 1
```

```python
>>> x + 1
{sum}
```

```toml
# p.toml
version = 2
```

```console
$ dcpg run p.toml
$ echo $?
{code}
```

<!-- not run: it would fail -->

```python
1 / 0
```
"""


def test_a_page_that_is_right_passes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run_page(blocks_of("p.md", PAGE.format(sum=2, code=2)), tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(("sum_shown", "code"), [(3, 2), (2, 0)])
def test_a_page_that_is_wrong_fails(tmp_path, monkeypatch, capsys, sum_shown, code):
    monkeypatch.chdir(tmp_path)
    blocks = blocks_of("p.md", PAGE.format(sum=sum_shown, code=code))
    with pytest.raises(AssertionError):
        run_page(blocks, tmp_path, monkeypatch, capsys)


def test_output_that_differs_is_shown(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = blocks_of("p.md", "```console\n$ dcpg --version\nsomething else\n```\n")
    with pytest.raises(AssertionError, match="prints"):
        run_page(blocks, tmp_path, monkeypatch, capsys)
