from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from dcpg_theory import strategies
from dcpg_theory.errors import InvalidInput


@given(strategies.simplex())
def test_a_distribution_is_exact_and_sums_to_one(rho):
    assert 1 <= len(rho) <= 4
    assert (rho >= 0).all()
    assert rho.sum() == 1


@given(strategies.simplex(3, positive=True))
def test_a_positive_distribution_has_no_zero(rho):
    assert len(rho) == 3
    assert (rho > 0).all()


@given(st.data(), st.integers(1, 60))
def test_long_distributions_come_from_a_seed_and_are_as_exact(data, tens):
    rho = data.draw(strategies.start_distributions(100 * tens))
    assert rho.shape == (100 * tens,)
    assert rho.sum() == 1


@given(strategies.transition_kernels(min_states=2))
def test_rows_of_a_kernel_are_distributions(kernel):
    n_states, n_actions, n_next = kernel.shape
    assert 2 <= n_states == n_next <= 4
    assert 1 <= n_actions <= 3
    assert (kernel >= 0).all()
    assert (kernel.sum(axis=-1) == 1).all()


@given(strategies.transition_kernels(structure="deterministic"))
def test_deterministic_kernels_hold_zeros_and_ones(kernel):
    assert {Fraction(int(p.p), int(p.q)) for p in kernel.flat} <= {0, 1}


@given(strategies.transition_kernels(structure="dense"))
def test_dense_kernels_reach_every_state(kernel):
    assert (kernel > 0).all()


@pytest.mark.parametrize("structure", ["deterministic", "sparse"])
def test_kernels_with_zeros_can_absorb_and_can_move(structure):
    kernels = strategies.transition_kernels(min_states=3, min_actions=2, structure=structure)
    find(kernels, lambda kernel: (kernel[0, :, 0] == 1).all())
    find(kernels, lambda kernel: all((kernel[s, :, s] < 1).all() for s in range(3)))


@given(strategies.softmax_policies())
def test_policies_are_positive_everywhere(policy):
    assert (policy > 0).all()
    assert (policy.sum(axis=1) == 1).all()


def test_policies_come_close_to_deterministic_ones_when_asked():
    policies = strategies.softmax_policies(1, 2)
    assert min(find(policies, lambda pi: pi[0, 1] * 10**11 < pi[0, 0]).flat) > 0
    bound = strategies.softmax_policies(2, 2, near_deterministic=False)

    @given(bound)
    def all_moderate(policy):
        assert policy.min() * 20 > 1

    all_moderate()


@pytest.mark.parametrize(
    "make",
    [
        lambda: strategies.simplex(0),
        lambda: strategies.simplex(True),
        lambda: strategies.simplex(3, positive="yes"),
        lambda: strategies.simplex(3, max_dimension=2),
        lambda: strategies.start_distributions(max_states=0),
        lambda: strategies.transition_kernels(min_states=5, max_states=4),
        lambda: strategies.transition_kernels(max_actions=2.0),
        lambda: strategies.transition_kernels(structure="cyclic"),
        lambda: strategies.softmax_policies(2, max_states=3),
        lambda: strategies.softmax_policies(near_deterministic=1),
    ],
)
def test_nonsense_is_refused_where_the_strategy_is_made(make):
    with pytest.raises(InvalidInput):
        make()


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(strategies.softmax_policies(2).filter(lambda pi: pi.shape[1] == 2))
def test_strategies_can_be_filtered_and_mapped_like_any_other(policy):
    assert policy.shape == (2, 2)
