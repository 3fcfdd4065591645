from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import grid_text, load_map, parse_map, parse_toml_map

TEXT = "; a comment\ndiscount = 0.9\nendings = absorb\n\nS . G\n# X .\n\nG.S\n...\n"
TOML = (
    'discount = "9/10"\nendings = "absorb"\n'
    '[[task]]\nmap = """\nS.G\n#X.\n"""\n[[task]]\nmap = "G.S\\n..."\n'
)


def test_text_and_toml_say_the_same():
    world = parse_map(TEXT)
    assert world == parse_toml_map(TOML)
    assert world.discount == Fraction(9, 10)
    assert world.tasks[0].walls == {(1, 0)}
    assert world.tasks[1].starts == ((0, 2),)


@st.composite
def maps(draw):
    rows, columns, tasks = (draw(st.integers(1, 4)) for _ in range(3))
    row = st.text(alphabet=".SGX#", min_size=columns, max_size=columns)
    grids = draw(
        st.lists(st.lists(row, min_size=rows, max_size=rows), min_size=tasks, max_size=tasks)
    )
    return "\n\n".join("\n".join(["S" + g[0][1:], *g[1:]]) for g in grids)


@given(maps())
def test_written_maps_are_read_as_they_were(text):
    world = parse_map(text)
    assert parse_map(grid_text(world)) == world


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("S.G\n.Q.\n", "task 1, row 2, column 2: 'Q' is no cell in .[Q].; cells are . empty, S"),
        ("S.G\n\nS.G\n..g\n", "task 2, row 2, column 3: 'g' is no cell in ..[g];"),
        ("S.G\n..\n", "task 1, row 2, column 3: the row has 2 cells in ..[ ], the first row has 3"),
        (
            "S.G\n....\n",
            "task 1, row 2, column 4: the row has 4 cells in ...[.], the first row has",
        ),
        ("S.G\n\nS.G\n...\n", "task 2: the grid has 2 x 3 cells, the first one has 1 x 3"),
        ("discount = 2\n\nS.G\n", "discount=2 must lie in the open interval (0, 1)"),
        ("discount = x\n\nS.G\n", "discount = x must be a number like 0.95 or 19/20"),
        ("endings = stop\n\nS.G\n", "endings = stop must be one of end, absorb, walk-through"),
        ("speed = 3\n\nS.G\n", "unknown setting 'speed', known are discount and endings"),
        ("endings = end\nendings = end\n\nS.G\n", "the setting 'endings' stands there twice"),
        ("GX\n", "task 1 has no cell to start in"),
        ("\n; nothing\n", "there is no grid in it"),
    ],
)
def test_mistakes_are_shown_where_they_stand(text, message):
    with pytest.raises(InvalidInput) as caught:
        parse_map(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x =", "is no TOML"),
        ("discount = 0.9\n", 'discount must be a string, like discount = "19/20"'),
        ("[[task]]\nmap = 3\n", "task 1: must be a table with the string 'map' and no more"),
        ("task = 3\n", "task 1: must be a table with the string 'map'"),
        ('[[task]]\nmap = ""\n', "there is no grid in it"),
    ],
)
def test_toml_mistakes_are_named(text, message):
    with pytest.raises(InvalidInput) as caught:
        parse_toml_map(text)
    assert message in str(caught.value)


def test_files_are_loaded_and_errors_begin_with_the_path(tmp_path):
    good, bad, other = (tmp_path / name for name in ("good.txt", "bad.toml", "map.csv"))
    good.write_text(TEXT, encoding="utf-8")
    bad.write_text('[[task]]\nmap = "S?"\n', encoding="utf-8")
    assert load_map(good) == parse_map(TEXT)
    (tmp_path / "latin.txt").write_bytes(b"\xff\xfe")
    for path, message in (
        (bad, "task 1, row 1, column 2: '?' is no cell in S[?]"),
        (other, "a map must end in .txt or .toml"),
        (tmp_path / "none.txt", "cannot be read: No such file"),
        (tmp_path / "latin.txt", "is not a text in UTF-8"),
    ):
        with pytest.raises(InvalidInput) as caught:
            load_map(path)
        assert str(caught.value).startswith(str(path))
        assert message in str(caught.value)


def test_byte_order_marks_and_line_ends_of_other_systems_are_read(tmp_path):
    path = tmp_path / "map.txt"
    path.write_bytes(b"\xef\xbb\xbfdiscount = 9/10\r\n\r\nS\t.\tG  \r\n. # X\r\n \r\n")
    assert load_map(path) == parse_map("discount = 9/10\n\nS.G\n.#X\n")
