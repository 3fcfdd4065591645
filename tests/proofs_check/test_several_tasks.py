"""The chains of B.3 lose every attack, and their hypotheses can be met together."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.chains import verify_chain
from dcpg_theory.exact.interpretations import check_expansions
from proofs_check.chains import largest_actions, several_tasks
from proofs_check.chains import visitation as visitation_chains

CHAINS = [
    getattr(module, name)
    for module in (largest_actions, several_tasks, visitation_chains)
    for name in module.__all__
    if name[0].islower() and callable(getattr(module, name))
]


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.__name__)
def test_no_line_can_be_left_out_or_made_stronger(chain):
    assert surviving(chain()) == ()


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.__name__)
def test_links_expand_on_matrices(chain):
    check_expansions(chain())


def test_only_the_solved_gradient_has_a_spare_hypothesis():
    spare = {chain.__name__: verify_chain(chain()).unused for chain in CHAINS}
    assert {name: lines for name, lines in spare.items() if lines} == {"total_gradient": ("Q>=0",)}


@pytest.mark.parametrize("shares", [(Fraction(1), Fraction(1)), (Fraction(1, 2), Fraction(1))])
def test_sharper_forms_of_proposition_1_hold_too(shares):
    assert surviving(several_tasks.proposition_1(*shares)) == ()
    assert surviving(several_tasks.advantages_bounded(*shares)) == ()
