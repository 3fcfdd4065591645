"""``dcpg run PROBLEM``: Algorithm 1 on a problem, with a result file and a plot."""

from __future__ import annotations

import platform
import re
import shlex
import time
import warnings
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.markup import escape

from dcpg_theory import __version__
from dcpg_theory.cli import choices, run_summary
from dcpg_theory.cli.output import console_for, output_options, progress_bar, write_json
from dcpg_theory.engine import Checkpoint, Record, load_result, run_dcpg, save_result
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.named_problems import problem as problem_named

__all__ = ["run"]


@dataclass(frozen=True, slots=True)
class _Defaults:
    step_size: str
    iterations: int


# Example 1 nears its optimum only like 1/(sum of the steps), while agents differ by the last step:
# so the steps grow long, and then short. In example 2 the symmetric point repels for short steps,
# by rounding errors too; with steps of 1 it attracts what is close, so that a run stays there.
_DEFAULTS = {
    "example-1": _Defaults("0.1:10:0.001", 8000),
    "example-2": _Defaults("1", 2000),
}
_OTHERS = _Defaults("1", 1000)


@click.command()
@click.argument("problem", metavar="PROBLEM")
@click.option(
    "--graph",
    default="ring",
    show_default=True,
    metavar="GRAPH",
    help=f"Who talks to whom: {choices.GRAPHS}.",
)
@click.option(
    "--mixing",
    default="lazy-metropolis",
    show_default=True,
    metavar="RULE",
    help="lazy-metropolis, metropolis, or a file with the matrix (.npy or text).",
)
@click.option(
    "--step-size",
    metavar="A[:B...]",
    help="A for all iterations, or from A to B (to C, ...) in straight lines. "
    "Default 0.1:10:0.001 for example-1, else 1.",
)
@click.option(
    "--iterations",
    type=click.IntRange(min=0),
    help="Default 8000 for example-1, 2000 for example-2, else 1000.",
)
@click.option(
    "--regularization", type=float, default=0.0, show_default=True, help="The lambda of (7)."
)
@click.option(
    "--start-parameters",
    type=click.Choice(["zero", "random"]),
    default="zero",
    show_default=True,
    help="Zero is the uniform policy; random is standard normal, each agent's own.",
)
@click.option(
    "--initial",
    multiple=True,
    metavar="S:A=X",
    help="Start with the parameter X at state S, action A, for all agents: S3:L=0.3.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of random starts."
)
@click.option(
    "--record-every",
    type=click.IntRange(min=1),
    help="Default a thousandth of the iterations; five times so many first ones are all recorded.",
)
@click.option(
    "--state", metavar="S", help="The state whose policy is shown; default the likeliest start."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The result file, .npz; default the problem's name in this folder.",
)
@click.option(
    "--plot",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The plot, .png or .svg; default beside the result file.",
)
@click.option("--no-plot", is_flag=True, help="Draw nothing.")
@click.option(
    "--checkpoint",
    "saved",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Save the run there, every 1000 iterations and at the end.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint, if it exists.")
@output_options
@click.pass_context
def run(
    ctx: click.Context,
    problem: str,
    graph: str,
    mixing: str,
    step_size: str | None,
    iterations: int | None,
    regularization: float,
    start_parameters: str,
    initial: tuple[str, ...],
    seed: int,
    record_every: int | None,
    state: str | None,
    out: Path | None,
    picture: Path | None,
    no_plot: bool,
    saved: Path | None,
    resume: bool,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Run Algorithm 1 on PROBLEM and write a result file and a plot.

    PROBLEM is example-1, example-2 (with options: example-2:p=0.6,discount=0.8),
    random:SEED[,N,S,A], or a .toml or .npz file. A result or plot of an earlier run is replaced;
    a file of any other origin is not.
    """
    if resume and saved is None:
        raise click.UsageError("--resume needs --checkpoint FILE")
    if no_plot and picture is not None:
        raise click.UsageError("--no-plot and --plot exclude each other")
    console = console_for(json_file, quiet=quiet)
    loaded = problem_named(problem).to_float()
    defaults = _DEFAULTS.get(problem.partition(":")[0], _OTHERS)
    step_size = defaults.step_size if step_size is None else step_size
    iterations = defaults.iterations if iterations is None else iterations
    out = Path(f"{_stem(problem)}.npz") if out is None else out
    if not no_plot:
        picture = out.with_suffix(".png") if picture is None else picture
    _check_targets(out, picture)
    shown = _shown_state(loaded, state)
    every = record_every or max(1, iterations // 1000)
    record = Record(every=every, states=(shown,), first=5 * every)
    matrix = choices.mixing_matrix(graph, mixing, loaded.n_tasks)
    begin = time.perf_counter()
    with progress_bar(quiet=quiet) as bar, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        task = bar.add_task(escape(f"running {problem}"), total=iterations)
        trace = run_dcpg(
            loaded,
            matrix,
            step_size=choices.step_sizes(step_size, iterations),
            regularization=regularization,
            iterations=iterations,
            initial=choices.first_parameters(
                loaded, start_parameters, initial, np.random.default_rng(seed)
            ),
            record=record,
            callback=lambda k, _: bar.update(task, completed=k),
            checkpoint=None if saved is None else Checkpoint(saved, resume=resume),
        )
    seconds = time.perf_counter() - begin
    for warning in caught:
        click.echo(f"dcpg: warning: {warning.message}", err=True)
    metadata = {
        "problem": problem,
        "command": _command_line(ctx),
        "mixing": matrix.matrix.tolist(),
        "step_size": step_size,
        "regularization": regularization,
        "seed": seed,
        "versions": _versions(),
    }
    save_result(out, trace, metadata)
    summary = run_summary.summary(trace, loaded)
    optimum = run_summary.known_optimum(problem, loaded)
    if picture is not None:
        run_summary.draw(picture, trace, loaded, metadata)
    run_summary.print_summary(console, problem, trace, summary, optimum, seconds)
    console.print("wrote " + escape(" and ".join(str(p) for p in (out, picture) if p is not None)))
    files = {"result": str(out), "plot": None if picture is None else str(picture)}
    data = metadata | {"iterations": trace.iterations, "path": trace.path, "final": summary}
    write_json(data | {"stopped": trace.stopped} | files, json_file)
    return 1 if trace.stopped else 0


def _stem(problem: str) -> str:
    """Return the name of the result file, for a problem file not that file's own name."""
    path = Path(problem)
    if path.suffix in (".toml", ".npz"):
        return f"{path.stem}-run"
    return re.sub(r"[^\w.=-]+", "-", problem)


def _check_targets(out: Path, picture: Path | None) -> None:
    """Refuse bad names, and files that are not ours, before the run and not after it."""
    if out.suffix != ".npz":
        raise InvalidInput(f"--out {out} must end in .npz")
    if picture is not None and picture.suffix.lower() not in (".png", ".svg"):
        raise InvalidInput(f"--plot {picture} must end in .png or .svg")
    for path in (out, picture):
        if path is not None and not path.absolute().parent.is_dir():
            raise InvalidInput(f"{path}: there is no folder {path.parent}")
    if out.exists():
        try:
            load_result(out)
        except InvalidInput:
            raise InvalidInput(f"{out}: exists and is no result of a run; not replaced") from None
    if picture is not None and picture.exists() and b"dcpg_theory" not in picture.read_bytes():
        raise InvalidInput(f"{picture}: exists and is no plot of a run; not replaced")


def _shown_state(problem: MultiTaskProblem, name: str | None) -> Hashable:
    if name is None:
        weights = sum(problem.embed(i, mu) for i, mu in enumerate(problem.exploration))
        return problem.states[int(np.argmax(weights))]
    for label in problem.states:
        if str(label) == name:
            return label
    some = ", ".join(str(label) for label in problem.states[:8])
    raise InvalidInput(f"--state {name}: there is no such state, but {some}")


def _versions() -> dict[str, str]:
    import scipy

    versions = {"dcpg_theory": __version__, "python": platform.python_version()}
    return versions | {"numpy": np.__version__, "scipy": scipy.__version__}


def _command_line(ctx: click.Context) -> str:
    """Return the command as typed, up to the order of its options."""
    words = ["dcpg", "run", str(ctx.params["problem"])]
    typed = click.core.ParameterSource.COMMANDLINE
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if not isinstance(parameter, click.Option) or ctx.get_parameter_source(name) is not typed:
            continue
        value = ctx.params[name]
        if parameter.is_flag:
            words.append(parameter.opts[0])
            continue
        for item in value if parameter.multiple else (value,):
            words += [parameter.opts[0], str(item)]
    return shlex.join(words)
