from __future__ import annotations

import io

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
        "  2 = 2\n"
        "  witness: number = two, left side = 2, right side = 2\n"
    )


def test_a_refutation_shows_its_witness(make_claim, refuted_check, slip):
    text = narrated(two=make_claim("two", refuted_check, fault=slip))
    assert "  REFUTED (instance)" in text
    assert "witness: number = two, left side = 3, right side = 2\n" in text


def test_an_aggregate_names_its_parts(make_claim):
    text = narrated(whole=make_claim("whole", parts=("one", "two")))
    assert text.endswith("  judged by its parts: one, two\n")


def test_it_prints_on_standard_output(make_claim, capsys):
    narrate(
        {
            "two": make_claim(
                "two", lambda kernel: kernel.at_instance(kernel.given("two", 2), "=", 2, {})
            )
        }
    )
    assert "CERTIFIED" in capsys.readouterr().out
