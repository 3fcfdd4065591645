"""Records of long runs, streamed to a file that is whole at any time.

The file is a plain .npy array with one structured entry for each recorded iteration, so that any
program reads it with ``numpy.load(path)``, also while the run goes on and without loading all of it
(``mmap_mode="r"``). Rows are appended in pieces; only then the number of rows in the header is
overwritten, in place and at once. A kill between the two leaves rows that the header does not
count, and nobody sees them: at most the last piece is lost. Numpy pads its headers so that this
number can grow.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["Mark", "RecordStream", "read_record"]

_PIECE = 1 << 16
_READ = 1 << 22

Mark = tuple[int, int]
"""A place in a stream: how many rows come before it, and the CRC-32 of their bytes."""


class RecordStream:
    """A record file that is being written.

    Parameters
    ----------
    path : Path
    fields : mapping of str to tuple of int
        The names of the series and the shape of one row of each.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """

    def __init__(self, path: Path, fields: Mapping[str, tuple[int, ...]]) -> None:
        self.path = path
        self._dtype = _dtype(fields)
        self._file: BinaryIO | None = None
        self._rows, self._checksum = 0, 0
        self._waiting: list[bytes] = []
        self._most = max(1, _PIECE // self._dtype.itemsize)
        self._head = len(_header(self._dtype, 0))

    def begin(self) -> None:
        """Make the file.

        Raises
        ------
        InvalidInput
            If it exists or cannot be written.
        """
        try:
            self._file = self.path.open("xb+")
        except FileExistsError:
            raise InvalidInput(
                f"{self.path}: exists; a record never overwrites, so remove it or resume its run"
            ) from None
        except OSError as error:
            raise _unwritable(self.path, error) from None
        self._count()

    def resume(self, mark: Mark) -> None:
        """Open the file again, as it was at a mark; what came after is cut off.

        Raises
        ------
        InvalidInput
            If the file is not there, or is not the one that the mark was made in.
        """
        rows, checksum = mark
        if rows == 0 and not self.path.exists():
            self.begin()
            return
        wrong = InvalidInput(f"{self.path}: is not the record that belongs to the checkpoint")
        try:
            # Copied bytes of another record could not pass for this one: the CRC is of all rows.
            file = self.path.open("rb+")
        except FileNotFoundError:
            raise InvalidInput(f"{self.path}: the record that is to be resumed is gone") from None
        except OSError as error:
            raise _unwritable(self.path, error) from None
        head = file.read(self._head)
        found = _count_in(head, self._dtype)
        if found is None or found < rows or _crc(file, rows * self._dtype.itemsize) != checksum:
            file.close()
            raise wrong
        self._file, (self._rows, self._checksum) = file, mark
        self._count()
        file.truncate(self._head + rows * self._dtype.itemsize)

    def append(self, row: Mapping[str, Any]) -> None:
        """Take one recorded iteration; see `recording.Sink`."""
        entry = np.zeros((), dtype=self._dtype)
        for name in self._dtype.names or ():
            entry[name] = row[name]
        self._waiting.append(entry.tobytes())
        if len(self._waiting) >= self._most:
            self.flush()

    def flush(self) -> None:
        """Write what waits, and make it count.

        Raises
        ------
        InvalidInput
            If it cannot be written; the rows before are kept.
        """
        if not self._waiting:
            return
        if self._file is None:
            self.begin()
        piece = b"".join(self._waiting)
        file = self._open_file()
        try:
            file.seek(self._head + self._rows * self._dtype.itemsize)
            file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from None
        self._rows += len(self._waiting)
        self._checksum = zlib.crc32(piece, self._checksum)
        self._waiting = []
        self._count()

    def mark(self) -> Mark:
        """Write what waits, and return the place that is reached."""
        self.flush()
        return self._rows, self._checksum

    def close(self) -> None:
        """Write what waits and close the file."""
        self.flush()
        if self._file is not None:
            self._file.close()

    def arrays(self) -> Mapping[str, Array]:
        """Return all series, read from the file when they are looked at; see `recording.Sink`."""
        self.flush()
        return read_record(self.path)

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise InvalidInput(f"{self.path}: is not open")
        return self._file

    def _count(self) -> None:
        """Overwrite the header, of which only the digits of the number of rows change."""
        file = self._open_file()
        try:
            file.seek(0)
            file.write(_header(self._dtype, self._rows))
            file.flush()
        except OSError as error:
            raise _unwritable(self.path, error) from None


def read_record(path: Path | str) -> dict[str, Array]:
    """Return the series of a streamed record, also of a run that goes on or was killed.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    dict of str to ndarray
        As ``trace.recorded``: ``iteration``, and one array for each quantity whose first axis goes
        with it. Read-only views of the file, which is not loaded before they are used.

    Raises
    ------
    InvalidInput
        If the file cannot be read or is no record.
    """
    path = Path(path)
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise InvalidInput(f"{path}: there is no such file") from None
    except (OSError, ValueError, EOFError):
        rows = None
    names = getattr(getattr(rows, "dtype", None), "names", None)
    if rows is None or rows.ndim != 1 or not names or names[0] != "iteration":
        raise InvalidInput(f"{path}: is no readable record of dcpg_theory")
    return {name: rows[name] for name in names}


def _dtype(fields: Mapping[str, tuple[int, ...]]) -> np.dtype[Any]:
    return np.dtype(
        [(name, "<i8" if name == "iteration" else "<f8", shape) for name, shape in fields.items()]
    )


def _header(dtype: np.dtype[Any], rows: int) -> bytes:
    text = io.BytesIO()
    entry = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": (rows,)}
    npy.write_array_header_2_0(text, entry)
    return text.getvalue()


def _count_in(head: bytes, dtype: np.dtype[Any]) -> int | None:
    """Return the number of rows that a header of these fields counts, None if it is another."""
    try:
        text = io.BytesIO(head)
        npy.read_magic(text)
        shape, _, found = npy.read_array_header_2_0(text)
    except (ValueError, EOFError):
        return None
    return shape[0] if found == dtype and len(shape) == 1 else None


def _crc(file: BinaryIO, n_bytes: int) -> int:
    found = 0
    while n_bytes and (piece := file.read(min(n_bytes, _READ))):
        found, n_bytes = zlib.crc32(piece, found), n_bytes - len(piece)
    return found


def _unwritable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(f"{path}: cannot be written: {error.strerror or error}")
