"""``dcpg bounds``: step sizes, gradients and iterations that the theorems promise, in columns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dcpg_theory.cli import bounds_columns
from dcpg_theory.cli.bounds_graphs import GRAPHS
from dcpg_theory.cli.examples import epilog
from dcpg_theory.cli.output import console_for, output_options, write_json
from dcpg_theory.errors import AssumptionViolated, InvalidInput

__all__ = ["bounds"]

_SEVERAL = ("--discount", "--compare")


class _SeveralValues(click.Command):
    """A command some of whose options take all words up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _repeated(args))


def _repeated(args: Sequence[str]) -> list[str]:
    """Write ``--discount A B`` as ``--discount A --discount B``, which click understands."""
    words: list[str] = []
    option, first = None, False
    for word in args:
        if word in _SEVERAL:
            option, first = word, True
            words.append(word)
        elif word.startswith("--") or word == "-h":
            option = None
            words.append(word)
        else:
            if option is not None and not first:
                words.append(option)
            words.append(word)
            first = False
    return words


@click.command(cls=_SeveralValues, epilog=epilog("bounds"))
@click.option("--agents", type=click.IntRange(min=1), help="N; default the number of discounts.")
@click.option(
    "--discount",
    multiple=True,
    metavar="G [G ...]",
    help="One for all agents or one for each, read exactly: 0.9, 99/100, 1-1e-12.",
)
@click.option("--states", type=click.IntRange(min=1), help="|S|.")
@click.option("--actions", type=click.IntRange(min=1), help="|A|.")
@click.option("--graph", metavar="GRAPH", help=f"Who talks to whom: {GRAPHS}.")
@click.option(
    "--mixing",
    default="lazy-metropolis",
    show_default=True,
    metavar="RULE",
    help="lazy-metropolis, metropolis, or a file with the matrix (.npy or text).",
)
@click.option("--regularization", metavar="L", help="The lambda of Theorem 1.")
@click.option(
    "--step-size",
    metavar="A",
    help="The alpha of Theorem 1; default the one that minimises each column's bound.",
)
@click.option("--iterations", metavar="K", help="The K of Theorem 1; 1e6 is understood.")
@click.option(
    "--initial-entropy",
    default="0",
    show_default=True,
    metavar="RE0",
    help="The relative entropy of the first policy; 0 is the uniform one.",
)
@click.option("--epsilon", metavar="E", help="The accuracy of Theorem 2, which sets its lambda.")
@click.option(
    "--mismatch",
    metavar="M",
    help="The mismatch coefficient defined below (14); it contains 1/(1 - gamma_j). For a problem "
    "the default is that of an optimal policy, or a bound of it.",
)
@click.option(
    "--reward-range",
    nargs=2,
    multiple=True,
    metavar="LO HI",
    help="Of all tasks, or once for each; default 0 1.",
)
@click.option("--problem", metavar="PROBLEM", help="A problem as of dcpg run, for the sizes.")
@click.option(
    "--target-gradient", metavar="G", help="Ask for the iterations and the step to this gradient."
)
@click.option("--budget", metavar="K", help="Ask for the accuracy that K iterations promise.")
@click.option(
    "--compare", multiple=True, metavar="GRAPH [GRAPH ...]", help="Set graphs side by side."
)
@click.option(
    "--plot",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw runs on --problem under the bounds of Theorem 1, .png or .svg.",
)
@output_options
def bounds(json_file: str | None, quiet: bool, picture: Path | None, **given: Any) -> int:
    """Calculate what Theorem 1 and Theorem 2 promise: as printed, corrected, and sharp.

    Sizes come from the options or from --problem, which adds a column for that very problem. What
    an input is missing for is left out.
    """
    # The matrices are small, and with another process on a core threads make them 40 times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    console = console_for(json_file, quiet=quiet)
    try:
        asked = bounds_columns.question(**given)
        data = bounds_columns.answer(asked)
    except AssumptionViolated as error:
        raise InvalidInput(str(error)) from None
    if picture is not None:
        from dcpg_theory.cli.bounds_runs import draw

        data["plot"] = draw(picture, asked, quiet=quiet)
    if not console.quiet:
        from dcpg_theory.cli.bounds_table import print_answer

        print_answer(console, data)
    write_json(data, json_file)
    return 0
