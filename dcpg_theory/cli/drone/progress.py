"""Live progress of training and testing: bars on a terminal, a line now and then on a pipe."""

from __future__ import annotations

from types import TracebackType

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from dcpg_theory.drone.experiment import Report

__all__ = ["Board"]


class Board:
    """Shows how far each run is.

    Parameters
    ----------
    quiet : bool
    every : int
        On a pipe, episodes between two lines of a run.
    """

    def __init__(self, *, quiet: bool, every: int = 25) -> None:
        console = Console(stderr=True)
        self._lines = not quiet and not console.is_terminal
        self._every = every
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[words]}"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )

    def __enter__(self) -> Board:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, report: Report) -> None:
        """Show a report."""
        words = _words(report)
        if report.name not in self._tasks:
            self._tasks[report.name] = self._progress.add_task(
                escape(report.name), total=report.total, words=words
            )
        self._progress.update(
            self._tasks[report.name],
            description=escape(f"{report.name} {report.phase}"),
            completed=report.done,
            total=report.total,
            words=escape(words),
        )
        due = report.done % self._every == 0 or report.done == report.total
        if self._lines and (due or report.phase == "done"):
            text = f"{report.name} {report.phase} {report.done}/{report.total} {words}"
            click.echo(text.rstrip(), err=True)


def _words(report: Report) -> str:
    """Return pace, safe flights and time left, as far as they are known."""
    parts = []
    if report.steps_per_second:
        parts.append(f"{report.steps_per_second:.0f} steps/s")
    if report.recent:
        parts.append("MSF " + " ".join(f"{x:.1f}" for x in report.recent) + " m")
    if report.seconds_left is not None:
        minutes, seconds = divmod(round(report.seconds_left), 60)
        parts.append(f"{minutes // 60}:{minutes % 60:02}:{seconds:02} left")
    return ", ".join(parts)
