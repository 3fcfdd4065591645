from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.report.bounds_plot import MARK, Panel, save_bounds_plot

K = np.array([1, 10, 100])
DRAWN = Panel(
    "sharp",
    step_size=0.1,
    counts=K,
    bound=3 / np.sqrt(K),
    terms={"optimization": 2 / np.sqrt(K), "consensus": np.zeros(3)},
    observed=(K, 1 / K),
)


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_the_same_panels_make_the_same_bytes_and_bear_the_mark(tmp_path, suffix, begins):
    files = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for file in files:
        save_bounds_plot(file, [DRAWN, Panel("corrected", reason="symmetric weights")], title="t")
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes().startswith(begins)
    assert MARK.encode() in files[0].read_bytes()


def test_a_plot_of_nothing_but_reasons_is_drawn(tmp_path):
    save_bounds_plot(tmp_path / "x.png", [Panel("corrected", reason="no W")], title="t")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="must end in"):
        save_bounds_plot(tmp_path / "x.pdf", [DRAWN], title="t")
