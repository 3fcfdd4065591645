"""The page and the plot of a benchmark say what was measured."""

from __future__ import annotations

import pytest

from dcpg_theory.report.bench_report import markdown, save_growth_plot, seconds

POINT = {"seconds": 2e-6, "arithmetic_floor": 1e-7, "data_floor": 2e-7}
GROWTH = {
    "arithmetic": 1e10,
    "bandwidth": 1e10,
    "families": [
        {
            "axis": axis,
            "title": f"family {n}",
            "points": [{**POINT, "size": 4, "path": "sparse"}, {**POINT, "size": 9, "path": path}],
        }
        for n, (axis, path) in enumerate(
            [("states", "krylov"), ("states", "dense"), ("agents", "sparse"), ("actions", "dense")]
        )
    ],
}
MACHINE = {
    "processor": "Abacus",
    "cores": 2,
    "system": "Linux",
    "python": "3.13",
    "numpy": "2",
    "scipy": "1",
    "numba": "0",
    "peers": {"QuantEcon": "0.7", "torch": "2.13"},
}
CASE = {
    "description": "a case",
    "path": "sparse",
    "contenders": {
        "dcpg_theory": {"seconds": 1e-6, "times_the_engine": 1.0, "spread": 0.01},
        "batched numpy": {"seconds": 8.15e-5, "times_the_engine": 81.5, "spread": 0.02},
    },
    "skipped": {"jax": "jax is not installed"},
    "difference_after_two_iterations": {"dcpg_theory": 0.0, "batched numpy": 3e-16},
}


def results(load):
    return {
        "floors": {"machine": MACHINE | {"load": load}, "arithmetic": 3e10, "bandwidth": 2e10},
        "case": CASE,
        "million": {
            "path": "krylov",
            "make": 1.0,
            "iterations": [5.0, 1.0, 0.4, 0.5],
            "bound": 1e-11,
            "problem_bytes": 5e8,
            "peak_bytes": 9e8,
        },
        "start": {name: {"import": 0.1, "first_run": 0.2} for name in ("cold", "warm")},
        "growth": GROWTH,
    }


def test_every_contender_has_its_row_and_those_left_out_their_reason():
    page = markdown(results([0.1, 0.1, 0.1]), "dcpg bench")
    assert "| a case | sparse | dcpg_theory | 1 us | 1 | 1% |" in page
    assert "| batched numpy | 81.5 us | 81.5 | 2% |" in page
    assert "| jax | - | | jax is not installed |" in page
    assert "agree within 3e-16" in page
    assert "first iteration 5 s, then 400 ms to 1 s" in page
    assert "30.0 GFLOP/s" in page
    assert "Peers: QuantEcon 0.7, torch 2.13." in page
    assert "provisional" not in page


def test_figures_taken_under_load_are_called_provisional():
    assert "provisional" in markdown(results([5.0, 5.0, 5.0]), "dcpg bench")
    assert "Load" not in markdown(results(None), "dcpg bench")


def test_parts_that_were_not_run_are_not_on_the_page():
    page = markdown({"case": CASE}, "dcpg bench --only case")
    assert "a case" in page
    assert "million" not in page


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_plot_is_written_whole(tmp_path, suffix):
    path = tmp_path / f"growth{suffix}"
    save_growth_plot(path, GROWTH)
    assert path.stat().st_size > 10_000
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("time", "text"), [(1.5, "1.5 s"), (0.0123, "12.3 ms"), (7e-7, "700 ns"), (1e-5, "10 us")]
)
def test_times_have_three_digits_and_a_unit(time, text):
    assert seconds(time) == text
