from __future__ import annotations

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.theory import softmax_jacobian


def test_jacobian_is_the_derivative_in_the_logarithm_of_the_weights():
    names = ("u", "v", "w")
    policy = policy_from_weights([list(symbols(*names))])
    jacobian = softmax_jacobian(policy)
    for a, (name, weight) in enumerate(zip(names, symbols(*names), strict=True)):
        for c in range(3):
            assert jacobian[0, c, a] == weight * policy[0, c].derivative(name)


def test_jacobian_blocks_are_symmetric_with_zero_sums(weights):
    jacobian = softmax_jacobian(policy_from_weights(weights(4, 3)))
    assert jacobian.shape == (4, 3, 3)
    assert (jacobian == jacobian.transpose(0, 2, 1)).all()
    assert all(total == 0 for total in jacobian.sum(axis=1).flat)


def test_jacobian_vanishes_at_a_deterministic_policy():
    assert all(entry == 0 for entry in softmax_jacobian([[1, 0, 0]]).flat)


@pytest.mark.parametrize("policy", [[1, 0], [], [[]], [[[1]]]])
def test_what_is_no_matrix_is_no_policy(policy):
    with pytest.raises(InvalidInput, match="policy has shape"):
        softmax_jacobian(policy)
