from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import proofs_check
from dcpg_theory.ledger.narrate import narrate


def narrated(**namespace):
    out = io.StringIO()
    narrate(namespace, out)
    return out.getvalue()


def test_a_chapter_prints_its_introduction_statements_derivations_and_verdicts(make_claim):
    text = narrated(__doc__="Numbers.\n\n    More.", two=make_claim("two"), other=3)
    assert text == (
        "Numbers.\n\nMore.\n"
        "\ntwo  (nowhere)\n"
        "  2 = 1 + 1\n"
        "    Twice one.\n"
        "  CERTIFIED (instance), exact rational arithmetic on an instance\n"
        "  Found: 2 = 2\n"
        "  Witness: number = two, left side = 2, right side = 2\n"
    )


def test_a_refutation_shows_its_witness(make_claim, refuted_check, slip):
    text = narrated(two=make_claim("two", refuted_check, fault=slip))
    assert "  REFUTED (instance)" in text
    assert "Witness: number = two, left side = 3, right side = 2\n" in text


def test_a_refutation_says_what_is_wrong_and_what_is_true(make_claim, refuted_check, slip):
    wrong = make_claim("two", refuted_check, fault=slip)
    text = narrated(two=wrong, right=make_claim("two-corrected", fault=slip))
    assert " ".join(text.split()).count(f"What is wrong: {slip.note}") == 1
    assert "  What is true: two-corrected, below.\n" in text
    assert "What is true" not in narrated(two=wrong)


def test_lines_are_wrapped_and_end_without_blanks(make_claim):
    text = narrated(two=make_claim("two", note="many words " * 40))
    lines = text.splitlines()
    assert max(len(line) for line in lines) <= 100
    assert all(line == line.rstrip() for line in lines)


def test_a_reader_who_leaves_early_sees_no_traceback():
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m proofs_check.section_3 | head -n 1",
        shell=True,
        env={**os.environ, "PYTHONPATH": str(Path(proofs_check.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_an_aggregate_names_its_parts(make_claim):
    text = narrated(whole=make_claim("whole", parts=("one", "two")))
    assert text.endswith("  Judged by its parts: one, two\n")


def test_it_prints_on_standard_output(make_claim, capsys):
    narrate(
        {
            "two": make_claim(
                "two", lambda kernel: kernel.at_instance(kernel.given("two", 2), "=", 2, {})
            )
        }
    )
    assert "CERTIFIED" in capsys.readouterr().out
