"""What the chapter on recorded flights takes for granted."""

from __future__ import annotations

import pytest

from dcpg_theory.drone.recorded import recorded_tables
from dcpg_theory.models import graphs
from proofs_check.section_5_flights import SECOND_SINGULAR_VALUE, STEP_SIZE


@pytest.mark.parametrize("graph", SECOND_SINGULAR_VALUE)
def test_second_singular_values_are_those_of_four_agents(graph):
    mixing = graphs.lazy_metropolis(getattr(graphs, graph)(4))
    assert float(SECOND_SINGULAR_VALUE[graph]) == pytest.approx(
        mixing.second_singular_value, abs=1e-12
    )


def test_the_step_size_is_that_of_the_experiments():
    for name in ("jax", "optax"):
        pytest.importorskip(name, reason="needs the extra drone")
    from dcpg_theory.drone.learning import estimators

    assert float(STEP_SIZE) == estimators.STEP_SIZE


def test_every_recorded_table_says_how_it_was_made():
    for name, table in recorded_tables().items():
        for key in ("command", "backend", "tier", "seeds", "environments", "versions", "hardware"):
            assert table[key], (name, key)
        n_environments, tier = len(table["environments"]), table["tier"]
        for entry in table["algorithms"].values():
            for flights in entry["flights"].values():
                assert len(flights) == len(table["seeds"])
                assert all(len(seed) == n_environments for seed in flights)
                assert all(len(row) == tier["test_episodes"] for seed in flights for row in seed)
            for logs in entry["training"].values():
                assert all(len(log["steps"]) == tier["episodes"] for log in logs)
