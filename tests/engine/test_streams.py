"""A streamed record is whole at any time, holds what was recorded, and belongs to its run."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine import Record, run_dcpg
from dcpg_theory.engine.streams import RecordStream, read_record
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import example_1, graphs

FIELDS = {"iteration": (), "objective": (), "task_values": (3,)}
PAIR = graphs.lazy_metropolis(graphs.complete(2))


def row(k):
    return {"iteration": k, "objective": k / 2, "task_values": [k, k + 1, k + 2]}


def written(path, n):
    stream = RecordStream(path, FIELDS)
    stream.begin()
    for k in range(n):
        stream.append(row(k))
    mark = stream.mark()
    stream.close()
    return mark


def iterations(path):
    return read_record(path)["iteration"].tolist()


def test_what_was_appended_is_read_back_and_by_plain_numpy(tmp_path):
    written(tmp_path / "r.npy", 7)
    found = read_record(tmp_path / "r.npy")
    assert list(found) == list(FIELDS)
    np.testing.assert_array_equal(found["iteration"], np.arange(7))
    np.testing.assert_array_equal(found["task_values"], np.arange(7)[:, None] + np.arange(3))
    np.testing.assert_array_equal(np.load(tmp_path / "r.npy")["objective"], np.arange(7) / 2)


def test_memory_holds_only_a_piece(tmp_path):
    stream = RecordStream(tmp_path / "r.npy", FIELDS)
    stream.begin()
    for k in range(5000):
        stream.append(row(k))
        assert sum(map(len, stream._waiting)) <= 1 << 16
    assert 0 < 5000 - len(iterations(tmp_path / "r.npy")) < 2000
    stream.close()
    assert iterations(tmp_path / "r.npy") == list(range(5000))


def test_a_file_cut_at_any_byte_after_the_counted_rows_reads_the_same(tmp_path):
    path = tmp_path / "r.npy"
    written(path, 3)
    content = path.read_bytes()
    for n_extra in range(0, 120, 7):
        path.write_bytes(content + b"\xff" * n_extra)
        assert iterations(path) == [0, 1, 2]


def test_a_stream_goes_on_from_a_mark_and_loses_what_came_after(tmp_path):
    path = tmp_path / "r.npy"
    stream = RecordStream(path, FIELDS)
    stream.begin()
    for k in range(4):
        stream.append(row(k))
    mark = stream.mark()
    for k in range(90, 95):
        stream.append(row(k))
    stream.close()
    again = RecordStream(path, FIELDS)
    again.resume(mark)
    assert iterations(path) == [0, 1, 2, 3]
    again.append(row(4))
    again.close()
    assert iterations(path) == [0, 1, 2, 3, 4]
    whole = tmp_path / "whole.npy"
    written(whole, 5)
    assert path.read_bytes() == whole.read_bytes()


def test_a_resumed_file_must_be_the_one_of_the_mark(tmp_path):
    path = tmp_path / "r.npy"
    rows, checksum = written(path, 4)
    for mark in [(rows, checksum + 1), (rows + 1, checksum), (rows - 1, checksum)]:
        with pytest.raises(InvalidInput, match="is not the record that belongs to the checkpoint"):
            RecordStream(path, FIELDS).resume(mark)
    with pytest.raises(InvalidInput, match="is not the record that belongs"):
        RecordStream(path, {"iteration": ()}).resume((rows, checksum))
    path.write_bytes(b"my thesis")
    with pytest.raises(InvalidInput, match="is not the record that belongs"):
        RecordStream(path, FIELDS).resume((0, 0))
    assert path.read_bytes() == b"my thesis"
    path.unlink()
    with pytest.raises(InvalidInput, match="is gone"):
        RecordStream(path, FIELDS).resume((rows, checksum))


def test_an_existing_file_is_never_overwritten(tmp_path):
    path = tmp_path / "r.npy"
    path.write_text("my thesis")
    with pytest.raises(InvalidInput, match="a record never overwrites"):
        RecordStream(path, FIELDS).begin()
    with pytest.raises(InvalidInput, match="no readable record"):
        read_record(path)
    np.save(path, np.zeros(3))
    with pytest.raises(InvalidInput, match="no readable record"):
        read_record(path)
    with pytest.raises(InvalidInput, match="no such file"):
        read_record(tmp_path / "none.npy")
    with pytest.raises(InvalidInput, match="cannot be written"):
        RecordStream(tmp_path / "no" / "r.npy", FIELDS).begin()


def test_a_run_streams_what_it_would_have_kept(tmp_path):
    settings = {"step_size": 0.5, "iterations": 50, "path": "reference"}
    record = {"every": 3, "first": 5, "states": ("S3", "S1")}
    kept = run_dcpg(example_1(0.9), PAIR, record=Record(**record), **settings)
    file = tmp_path / "r.npy"
    streamed = run_dcpg(example_1(0.9), PAIR, record=Record(**record, file=file), **settings)
    for found in (streamed.recorded, read_record(file)):
        assert list(found) == list(kept.recorded)
        for name, series in kept.recorded.items():
            np.testing.assert_array_equal(found[name], series)
            assert found[name].dtype == series.dtype
    assert streamed.final["objective"] == kept.final["objective"]
    with pytest.raises(InvalidInput, match="a record never overwrites"):
        run_dcpg(example_1(0.9), PAIR, record=Record(**record, file=file), **settings)
