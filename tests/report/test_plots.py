from __future__ import annotations

import importlib.util
from io import BytesIO

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from dcpg_theory import run_dcpg, theory
from dcpg_theory.engine.recording import Record
from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld.settings import setting
from dcpg_theory.models import example_1, example_policy, graphs, random_problem, uniform_policy
from dcpg_theory.report import example_figures, plots
from dcpg_theory.report.run_plot import LOOKS

MIXING = graphs.lazy_metropolis(graphs.path(3))
WORLD = setting("fig2a").world


def run(problem, mixing, **record):
    return run_dcpg(problem, mixing, step_size=0.5, iterations=40, record=Record(every=1, **record))


@pytest.fixture(scope="module")
def trace():
    return run(random_problem(1, 3, 4, 2), MIXING, states=(1, 2))


def bowl(x, y):
    return -(x**2) - y**2


PLOTS = {
    "objective": lambda trace, ax=None: plots.objective(trace, {"reference": 2.0}, ax=ax),
    "consensus": lambda trace, ax=None: plots.consensus_error(trace, 3.0, ax=ax),
    "policy": lambda trace, ax=None: plots.policy(trace, 2, "LR", ax=ax),
    "mismatch": lambda _, ax=None: plots.mismatch(WORLD, UNIFORM, TILTED, ax=ax),
    "landscape": lambda _, ax=None: plots.landscape(
        bowl,
        plots.Span("x", -1, 1),
        plots.Span("y", -1, 1),
        trajectories=[np.array([[0.9, 0.9], [0.5, 0.5], [0, 0]])],
        marks=[plots.Mark("top", [(0, 0)])],
        resolution=9,
        ax=ax,
    ),
    "spectrum": lambda _, ax=None: plots.spectrum(MIXING, ax=ax),
}
N_STATES = WORLD.problem().n_states
UNIFORM = uniform_policy(N_STATES, 4).astype(float)
TILTED = np.random.default_rng(0).dirichlet(np.ones(4), N_STATES)


@pytest.mark.parametrize("name", PLOTS)
def test_each_returns_labelled_axes_that_can_be_drawn(name, trace):
    ax = PLOTS[name](trace)
    assert isinstance(ax, Axes)
    if name != "mismatch":  # a map of cells has no scales
        assert ax.get_xlabel()
        assert ax.get_ylabel()
    buffer = BytesIO()
    ax.figure.savefig(buffer, format="png")
    assert buffer.tell() > 5000


@pytest.mark.parametrize("name", PLOTS)
def test_each_draws_on_the_axes_it_is_given(name, trace):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert PLOTS[name](trace, right) is right
    assert not left.has_data()


@pytest.mark.parametrize("name", [name for name in PLOTS if name != "mismatch"])
def test_legends_stand_outside_the_data(name, trace):
    ax = PLOTS[name](trace)
    ax.figure.canvas.draw()
    legend = ax.get_legend().get_window_extent()
    assert not ax.patch.get_window_extent().overlaps(legend)


def test_curves_differ_in_grey_too():
    def grey(colour):
        return float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114)))

    assert len({style for _, style in LOOKS}) == len(LOOKS)
    assert abs(grey(LOOKS[0][0]) - grey(LOOKS[1][0])) > 0.2


def test_the_objectives_curve_is_the_recorded_one(trace):
    ax = plots.objective(trace, {"reference": 2.0})
    curves = {line.get_label(): line for line in ax.get_lines()}
    assert np.array_equal(curves["mean parameters"].get_ydata(), trace.recorded["objective"])
    assert set(curves["reference"].get_ydata()) == {2.0}


def test_the_policy_is_the_one_of_the_state_asked_for(trace):
    first, second = (plots.policy(trace, state).get_lines()[0].get_ydata() for state in (1, 2))
    assert np.array_equal(second, trace.recorded["mean_policy"][:, 1, 0])
    assert not np.array_equal(first, second)


def test_a_bound_above_the_error_is_in_the_picture(trace):
    ax = plots.consensus_error(trace, 1e6)
    low, high = ax.get_ylim()
    assert low < 1e6 < high


def test_the_landscapes_contours_are_the_heights():
    problem = example_1(0.9)

    def height(x, y):
        return float(theory.objective(problem, example_policy(y, x, 1.0)))

    ax = plots.landscape(height, plots.Span("x", 0, 1), plots.Span("y", 0, 1), resolution=3)
    low, high = ax.collections[0].get_clim()
    grid = [height(x, y) for x in (0, 0.5, 1) for y in (0, 0.5, 1)]
    assert low <= min(grid)
    assert high >= max(grid)


def test_the_gap_is_the_matrixs():
    labels = plots.spectrum(MIXING).get_legend_handles_labels()[1]
    assert f"{MIXING.second_singular_value:.4g}" in labels[1]


def test_one_agent_has_no_gap_to_show():
    single = graphs.lazy_metropolis(graphs.complete(1))
    assert len(plots.spectrum(single).get_legend_handles_labels()[1]) == 1


def test_drawing_leaves_pyplot_alone():
    found = importlib.util.find_spec("dcpg_theory.report.plots")
    with open(found.origin, encoding="utf-8") as file:
        assert "import matplotlib.pyplot" not in file.read()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: plots.policy(t, 9), "state=9 was not recorded, only 1, 2"),
        (lambda t: plots.policy(t, 1, "LRU"), "actions has 3 names, it must have 2"),
        (
            lambda _: plots.landscape(bowl, plots.Span("x", 0, 0), plots.Span("y", 0, 1)),
            "low < high",
        ),
        (
            lambda _: plots.landscape(
                bowl, plots.Span("x", 0, 1), plots.Span("y", 0, 1), resolution=1
            ),
            "at least 2",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said(trace, call, message):
    with pytest.raises(InvalidInput) as caught:
        call(trace)
    assert message in str(caught.value)


def test_quantities_that_were_not_recorded_are_named():
    bare = run(random_problem(1, 3, 4, 2), MIXING, quantities=("gradient_norm",))
    for draw, missing in (
        (plots.objective, "holds no objective"),
        (plots.consensus_error, "holds no consensus_error"),
        (plots.policy, "holds no policy"),
    ):
        with pytest.raises(InvalidInput, match=missing):
            draw(bare)


def endings(ax):
    return [a.xy for a in ax.texts if getattr(a, "arrow_patch", None) is not None]


def test_example_1s_runs_end_at_the_stochastic_optimum():
    ax = example_figures.example_1_figure()
    assert len(endings(ax)) == len(example_figures._STARTS_1)
    assert np.abs(np.array(endings(ax)) - [0.5, 1]).max() < 0.02


def test_example_2s_runs_leave_unless_they_start_alike():
    ax = example_figures.example_2_figure()
    starts = np.array(example_figures._STARTS_2)
    apart = starts[:, 0] != starts[:, 1]
    found = np.array(endings(ax))
    assert len(found) == apart.sum()
    assert np.abs(found[:, 0] - found[:, 1]).min() > 1


def test_the_module_draws_both_pictures(tmp_path):
    example_figures.main(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(example_figures._FIGURES)
