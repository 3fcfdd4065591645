"""Result files and checkpoints are .npz archives without pickles, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["read_archive", "write_archive", "write_whole"]

_BROKEN = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    NotImplementedError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)


def write_whole(path: Path, write: Any) -> None:
    """Let `write` fill a temporary file beside the path, then put it in the path's place.

    At any time the path holds the old content or the new one, also after a crash.

    Parameters
    ----------
    path : Path
    write : callable
        Takes the open binary file.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o666 & ~_umask())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_directory(path.parent)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written: {error.strerror or error}") from None


def write_archive(
    path: Path, kind: str, version: int, header: Mapping[str, Any], arrays: Mapping[str, Array]
) -> None:
    """Write arrays and a header that JSON can hold, as `read_archive` reads them.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    text = json.dumps({"kind": kind, "version": version, **header}, ensure_ascii=False)
    content = {"header": np.array(text), **arrays}
    write_whole(path, lambda file: np.savez(file, allow_pickle=False, **content))


def read_archive(path: Path, kind: str, version: int) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the header and the arrays of an archive that `write_archive` wrote.

    Raises
    ------
    InvalidInput
        If the file cannot be read, is of another kind or of another version.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays.pop("header")))
        found = header["kind"], header["version"]
    except FileNotFoundError:
        raise InvalidInput(f"{path}: there is no such file") from None
    except (*_BROKEN, TypeError, AttributeError):
        raise InvalidInput(f"{path}: is no readable {kind} of dcpg_theory") from None
    if found[0] != kind:
        raise InvalidInput(f"{path}: is a {found[0]} of dcpg_theory, a {kind} is needed")
    if found[1] != version:
        raise InvalidInput(f"{path}: is a {kind} of version {found[1]}, this reads {version}")
    return header, arrays


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_directory(folder: Path) -> None:
    """Make the new name of a file durable, where the system lets a folder be opened for that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
