"""``dcpg show``: one claim, with everything a referee would ask about it."""

from __future__ import annotations

import json

import pytest

from dcpg_theory.ledger import load_registry


def flat(text):
    """The text without line breaks, wherever the console put them."""
    return " ".join(text.split())


def test_a_refuted_claim_shows_witness_mistake_and_corrected_form(dcpg):
    ended = dcpg("show", "eq-2-action-value")
    assert (ended.code, ended.err) == (0, "")
    text = flat(ended.out)
    claim = load_registry()["eq-2-action-value"]
    for part in (
        "line 60",
        claim.statement,
        "verdict refuted (instance, slip, origin: paper)",
        "gamma_i = ",
        f"mistake {claim.fault.note}",
        "refutes the wrong variants",
        "corrected eq-2-action-value-corrected",
        "dependents eq-2-advantage",
    ):
        assert flat(part) in text


def test_assumptions_are_shown_in_words(dcpg):
    text = flat(dcpg("show", "figure-1").out)
    for assumption in load_registry()["figure-1"].assumptions:
        assert flat(f"assumes {assumption.name}: {assumption.words}") in text


def test_an_aggregate_shows_its_parts(dcpg):
    text = dcpg("show", "eq-2").out
    assert "part eq-2-action-value: " in text
    assert "part eq-2-advantage: " in text


def test_printed_latex_is_not_read_as_markup(dcpg):
    """Square brackets mean styles to the console."""
    claim = load_registry()["eq-1"]
    assert r"\left[\sum_{k=0}" in claim.statement
    assert flat(claim.statement) in flat(dcpg("show", "eq-1").out)


def test_json_holds_the_record_and_the_dependents(dcpg):
    ended = dcpg("show", "eq-2-action-value", "--json", "-")
    data = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert data["id"] == "eq-2-action-value"
    assert data["verdict"] == "refuted"
    assert data["corrected_by"] == "eq-2-action-value-corrected"
    assert "eq-2" in data["dependents"]
    assert data["assumptions"] == []


def test_quiet_prints_nothing(dcpg):
    ended = dcpg("show", "figure-1", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_an_unknown_id_is_one_line_with_near_names_in_a_real_process(dcpg_process):
    ended = dcpg_process("show", "eqq-18")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("dcpg: no claim is called 'eqq-18'; near names: eq-18")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Missing argument 'ID'"),
        (("eq-1", "eq-2"), "Got unexpected extra argument"),
        (("figure-1", "--quiet", "--json", "/absent/x"), "--json /absent/x: No such file"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(dcpg, words, message):
    ended = dcpg("show", *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"dcpg: {message}")
    assert ended.err.count("\n") == 1
