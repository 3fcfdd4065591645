"""The committed ledger is what a run finds, claim by claim."""

from __future__ import annotations

import json

import pytest
from shown_text import LATEX

import proofs_check
from dcpg_theory.exact.proofs import Proof
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger import Record, load_registry
from dcpg_theory.ledger.narrate import told
from dcpg_theory.ledger.recorded import read_recorded, write_recorded
from dcpg_theory.ledger.records import complete
from dcpg_theory.ledger.runner import examine

REGISTRY = load_registry()
LATER = {
    "corrected_by",
    "transitive_verdict",
    "transitive_scope",
}  # added when all claims have been judged


@pytest.fixture(scope="module")
def recorded():
    return read_recorded()


@pytest.fixture(scope="module")
def records(recorded):
    """The recorded entries as records, in ledger order."""
    return {id: Record(**recorded[id]) for id in REGISTRY}


def test_it_holds_exactly_the_claims_there_are(recorded):
    assert set(recorded) == set(REGISTRY)


@pytest.mark.parametrize("id", [id for id in REGISTRY if REGISTRY[id].check is not None])
def test_a_claim_is_judged_as_recorded(id, recorded):
    record, evidence = examine(REGISTRY[id])
    found = record.as_json(timed=False)
    assert {key: value for key, value in found.items() if key not in LATER} == {
        key: value for key, value in recorded[id].items() if key not in LATER
    }
    lines = list(told(REGISTRY[id], record, evidence))
    assert lines[0].startswith(f"{id}  (")
    assert [line for line in lines if LATEX.search(line)] == []
    # What is wider is one number or name that does not break.
    assert [line for line in lines if len(line) > 100 and max(map(len, line.split())) < 60] == []
    chains = [proof.chain for proof in evidence.certificates if isinstance(proof, Proof)]
    if record.verdict in ("proved", "conditional"):
        steps = sum(line.startswith("    (") for line in lines)
        assert steps >= sum(len(chain.lines) for chain in chains)


def test_aggregates_and_transitive_verdicts_follow_from_the_rest(records):
    judged = {id: record for id, record in records.items() if REGISTRY[id].check is not None}
    assert complete(REGISTRY, judged) == records


def test_the_file_is_as_the_command_writes_it(records, tmp_path):
    """Byte for byte: sorted, without timings."""
    committed = next(iter(proofs_check.__path__)) + "/ledger.json"
    write_recorded(records, tmp_path / "ledger.json")
    with open(committed, encoding="utf-8") as file:
        assert file.read() == (tmp_path / "ledger.json").read_text(encoding="utf-8")
    assert list(json.loads((tmp_path / "ledger.json").read_text())) == ["claims"]


def test_every_refuted_claim_is_weighed_and_corrected(records):
    """Aggregates are corrected by their parts."""
    for id, record in records.items():
        if record.verdict != Verdict.REFUTED:
            assert (record.severity, record.origin, record.mistake) == (None, None, "")
            continue
        assert record.severity in ("slip", "gap", "error")
        assert record.origin in ("paper", "possibly extraction")
        if not REGISTRY[id].parts:
            assert record.mistake
            assert record.witness
            corrected = records[record.corrected_by]
            assert Verdict(corrected.verdict).passes or REGISTRY[corrected.id].open


def test_a_conditional_verdict_names_what_it_needs_and_shows_that_it_fails_without(records):
    for id, record in records.items():
        assert bool(record.assumption) == (record.verdict == Verdict.CONDITIONAL)
        if record.assumption and not REGISTRY[id].parts:
            assert record.witness, id


def test_what_stands_falls_only_with_what_is_open_or_refuted_below_it(records):
    for record in records.values():
        if not Verdict(record.verdict).passes or Verdict(record.transitive_verdict).passes:
            continue
        below = [records[other] for other in REGISTRY.closure([record.id])]
        assert any(not Verdict(other.verdict).passes for other in below), record.id
