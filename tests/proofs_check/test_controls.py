"""Every check can fail: each claim has wrong variants, and its check refutes every one."""

from __future__ import annotations

import pytest

from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.ledger import load_registry
from dcpg_theory.ledger.recorded import read_recorded
from dcpg_theory.ledger.runner import run_control

REGISTRY = load_registry()
CHECKED = [id for id, member in REGISTRY.items() if member.check is not None]
CONTROLS = [(id, k) for id in CHECKED for k in range(len(REGISTRY[id].controls))]
READ = [id for id in CHECKED if any(control.edits for control in REGISTRY[id].controls)]


def test_only_open_claims_have_no_control():
    assert {id for id in CHECKED if not REGISTRY[id].controls} <= {
        id for id in CHECKED if REGISTRY[id].open
    }


def test_open_claims_are_exactly_the_undecided_ones():
    undecided = {id for id, entry in read_recorded().items() if entry["verdict"] == "undecided"}
    assert undecided == {id for id, member in REGISTRY.items() if member.open}


@pytest.mark.parametrize(("id", "index"), CONTROLS)
def test_the_check_refutes_the_control(id, index):
    member = REGISTRY[id]
    assert run_control(member, member.controls[index]) == "refuted"


@pytest.mark.parametrize("id", READ)
def test_it_is_not_the_layout_that_refutes_a_misprint(id):
    """Controls reach a check without spacing; so laid out, the statement is judged the same."""
    member = REGISTRY[id]
    evidence = member(Kernel(normalized(member.statement)))
    assert evidence.verdict == read_recorded()[id]["verdict"]


@pytest.mark.parametrize("id", [id for id in CHECKED if f"{id}-corrected" in REGISTRY])
def test_a_corrected_form_is_not_a_control_of_the_printed_one(id):
    """What the check calls right cannot also be what it must refute."""
    right = normalized(REGISTRY[f"{id}-corrected"].statement)
    wrong = [c.apply(REGISTRY[id].statement) for c in REGISTRY[id].controls if c.edits]
    assert right not in wrong
