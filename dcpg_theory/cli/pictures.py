"""Where a picture of a grid world may go."""

from __future__ import annotations

from pathlib import Path

from dcpg_theory.errors import InvalidInput

__all__ = ["check_picture"]


def check_picture(path: Path | None) -> None:
    """Refuse a bad name, and a file that is no picture of ours, before the work and not after it.

    Raises
    ------
    InvalidInput
        If there is something wrong.
    """
    if path is None:
        return
    if path.suffix.lower() not in (".png", ".svg"):
        raise InvalidInput(f"--picture {path} must end in .png or .svg")
    if not path.absolute().parent.is_dir():
        raise InvalidInput(f"{path}: there is no folder {path.parent}")
    if path.exists() and b"dcpg_theory gridworld" not in path.read_bytes():
        raise InvalidInput(f"{path}: exists and is no picture of a grid world; not replaced")
