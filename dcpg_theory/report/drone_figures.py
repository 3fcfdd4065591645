"""What the figures of the drone experiments share: colours, hatches, captions, saving."""

from __future__ import annotations

import textwrap
from io import BytesIO
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from dcpg_theory.engine.files import write_whole
from dcpg_theory.errors import InvalidInput

__all__ = ["COLOURS", "HATCHES", "MARK", "STYLES", "save_figure"]

MARK = "dcpg_theory drone figure"

# Okabe and Ito's colours, which the colour-blind can tell apart; hatches and styles are for grey.
COLOURS = ("#999999", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "", "++", "oo")
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))


def save_figure(path: Path, figure: Figure, title: str, caption: str) -> None:
    """Put a title above and a caption below a figure, and write it by the path's suffix.

    Parameters
    ----------
    path : Path
        Ending in .png or .svg.
    figure : Figure
        With a constrained layout.
    title, caption : str

    Raises
    ------
    InvalidInput
        If the suffix is another or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in (".png", ".svg"):
        raise InvalidInput(f"{path}: a figure must end in .png or .svg")
    figure.suptitle(title, x=0.02, ha="left", fontsize=12)
    width = int(figure.get_figwidth() * 14)
    figure.supxlabel(textwrap.fill(caption, width), x=0.02, ha="left", fontsize=8.5)
    metadata = {"Software": MARK} if suffix == ".png" else {"Creator": MARK, "Date": None}
    buffer = BytesIO()
    with rc_context({"svg.hashsalt": MARK}):
        figure.savefig(buffer, format=suffix[1:], metadata=metadata)
    write_whole(path, lambda file: file.write(buffer.getbuffer()))
