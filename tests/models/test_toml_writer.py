from __future__ import annotations

import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.models.toml_writer import toml_text

text = st.text(st.characters(exclude_categories=("Cs",)))
number = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
values = st.recursive(text | number, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@given(st.lists(st.fixed_dictionaries({"a": values, "b": values}), max_size=3))
def test_what_is_written_is_read_back(tasks):
    document = tomllib.loads(toml_text({"version": 1}, tasks))
    assert document["version"] == 1
    assert document.get("tasks", []) == tasks


def test_arrays_of_rationals_are_integers_and_strings():
    array = np.array([["1", "-2/3"], ["-4", "9" * 30]], dtype=object)
    (task,) = tomllib.loads(toml_text({}, [{"a": array}]))["tasks"]
    assert task["a"] == [[1, "-2/3"], [-4, "9" * 30]]


def test_strings_of_digits_stay_strings_outside_arrays():
    (task,) = tomllib.loads(toml_text({}, [{"states": ("1", 1)}]))["tasks"]
    assert task["states"] == ["1", 1]


def test_lone_surrogates_are_refused():
    with pytest.raises(InvalidInput, match="is no Unicode text"):
        toml_text({}, [{"states": ["\ud800"]}])
