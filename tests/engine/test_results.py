"""Result files give back what was put in, and nothing else is taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine import Record, load_result, run_dcpg, save_result
from dcpg_theory.engine.files import write_archive
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import FiniteMDP, MultiTaskProblem


@pytest.fixture
def trace():
    task = FiniteMDP(np.ones((1, 2, 1)), [[0.0, 1.0]], 0.5, [1.0], states=[(2, "b")])
    record = Record(every=2, first=1, states=((2, "b"),))
    return run_dcpg(MultiTaskProblem([task]), [[1]], step_size=1, iterations=5, record=record)


def test_a_result_comes_back_whole(tmp_path, trace):
    path = tmp_path / "a.npz"
    save_result(path, trace, {"problem": "ü", "seed": 3})
    found, metadata = load_result(path)
    assert metadata == {"problem": "ü", "seed": 3}
    np.testing.assert_array_equal(found.parameters, trace.parameters)
    assert found.record == trace.record
    assert (found.iterations, found.path, found.stopped) == (5, "dense", None)
    assert found.recorded.keys() == trace.recorded.keys()
    for name, series in trace.recorded.items():
        np.testing.assert_array_equal(found.recorded[name], series)


def test_a_result_needs_no_pickle(tmp_path, trace):
    save_result(tmp_path / "a.npz", trace, {})
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        assert {archive[name].dtype.kind for name in archive.files} == {"U", "f", "i"}


def test_other_files_are_refused(tmp_path, trace):
    path = tmp_path / "a.npz"
    with pytest.raises(InvalidInput, match=r"a\.npz: there is no such file"):
        load_result(path)
    write_archive(path, "result", 1, {"states": []}, {})
    with pytest.raises(InvalidInput, match="no complete result"):
        load_result(path)
    path.write_bytes(b"PK\x03\x04 something")
    with pytest.raises(InvalidInput, match="no readable result"):
        load_result(path)
    with pytest.raises(InvalidInput, match="cannot be written"):
        save_result(tmp_path / "no" / "a.npz", trace, {})
