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
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.markup import escape

from dcpg_theory import __version__
from dcpg_theory.cli import choices, completing, ranks, run_summary
from dcpg_theory.cli.examples import epilog
from dcpg_theory.cli.output import console_for, output_options, progress_bar, write_json
from dcpg_theory.engine import Checkpoint, Record, load_result, run_dcpg, save_result
from dcpg_theory.engine.methods import METHODS
from dcpg_theory.engine.paths import PATHS
from dcpg_theory.engine.recording import DEFAULT_QUANTITIES, QUANTITIES
from dcpg_theory.engine.trace import Trace
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
_LARGE = 10_000


@click.command(epilog=epilog("run"))
@click.argument("problem", metavar="PROBLEM", shell_complete=completing.problems)
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
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of random starts, gossip and estimates.",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="dcpg",
    show_default=True,
    help="gossip: one random pair of neighbours an iteration. gradient-tracking: agents agree also "
    "with a constant step.",
)
@click.option(
    "--gradient",
    default="exact",
    show_default=True,
    metavar="HOW",
    help="exact, or reinforce:N for estimates from N episodes each.",
)
@click.option("--path", type=click.Choice(PATHS), help="The implementation; default by the sizes.")
@click.option(
    "--record-every",
    "--every",
    type=click.IntRange(min=1),
    help="Default a thousandth of the iterations; five times so many first ones are all recorded. "
    "With more than 10,000 states in all tasks, a twentieth, and no first ones.",
)
@click.option(
    "--quantity",
    "quantities",
    multiple=True,
    type=click.Choice([name for name in QUANTITIES if name not in DEFAULT_QUANTITIES]),
    help="Record this too; may be given several times.",
)
@click.option(
    "--record",
    "stream",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Stream the record to this .npy file, for long runs.",
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
    help="Save the run there, at least a hundred times, at most every 1000 iterations.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint, if it exists.")
@click.option("--ranks", type=click.IntRange(min=1), help="Spread the agents over MPI processes.")
@click.option("--mpi", is_flag=True, help="This is one of the ranks that mpiexec has started.")
@output_options
@click.pass_context
def run(ctx: click.Context, /, **_: object) -> int:
    """Run Algorithm 1 on PROBLEM and write a result file and a plot.

    PROBLEM is example-1, example-2 (with options: example-2:p=0.6,discount=0.8),
    random:SEED[,N,S,A], or a .toml or .npz file. A result or plot of an earlier run is replaced;
    a file of any other origin is not.
    """
    options = _Options(**{name: ctx.params[name] for name in _Options.__slots__})
    _check_combinations(options)
    if options.ranks is not None:
        words = _words(ctx, leave_out=("ranks",))
        what = escape(f"running {options.problem} on {options.ranks} ranks")
        return ranks.launch(options.ranks, words, what, _iterations(options), quiet=options.quiet)
    comm = ranks.world() if options.mpi else None
    with ranks.one_voice(comm):
        return _run(options, _command_line(ctx), comm)


@dataclass(frozen=True, slots=True)
class _Options:
    """The command's options, by the names that click gives them."""

    problem: str
    graph: str
    mixing: str
    step_size: str | None
    iterations: int | None
    regularization: float
    start_parameters: str
    initial: tuple[str, ...]
    seed: int
    method: str
    gradient: str
    path: str | None
    record_every: int | None
    quantities: tuple[str, ...]
    stream: Path | None
    state: str | None
    out: Path | None
    picture: Path | None
    no_plot: bool
    saved: Path | None
    resume: bool
    ranks: int | None
    mpi: bool
    json_file: str | None
    quiet: bool


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What a run needs, read and checked."""

    problem: MultiTaskProblem
    settings: dict[str, Any]
    metadata: dict[str, Any]
    out: Path
    picture: Path | None
    iterations: int


def _run(options: _Options, command: str, comm: Any | None) -> int:
    speaks = comm is None or comm.Get_rank() == 0
    console = console_for(options.json_file, quiet=options.quiet or not speaks)
    ready = ranks.agreed(comm, lambda: _prepare(options, command, writes=speaks))
    n_tasks = ready.problem.n_tasks
    if comm is not None and speaks and comm.Get_size() > n_tasks:
        idle = comm.Get_size() - n_tasks
        click.echo(
            f"dcpg: warning: {n_tasks} agents are fewer than the {comm.Get_size()} ranks, "
            f"so {idle} of them idle",
            err=True,
        )
    begin = time.perf_counter()
    told = ranks.progress_lines() if speaks else None
    hidden = options.quiet or not speaks or told is not None
    with progress_bar(quiet=hidden) as bar, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        task = bar.add_task(escape(f"running {options.problem}"), total=ready.iterations)
        trace = run_dcpg(
            ready.problem,
            comm=comm,
            progress=told or (lambda k: bar.update(task, completed=k)),
            **ready.settings,
        )
    seconds = time.perf_counter() - begin
    if speaks:
        for warning in caught:
            click.echo(f"dcpg: warning: {warning.message}", err=True)
        _report(options, ready, trace, console, seconds)
    return 1 if trace.stopped else 0


def _prepare(options: _Options, command: str, *, writes: bool) -> _Prepared:
    """Read and check all that the options name; only who writes the files looks at their places."""
    problem = problem_named(options.problem).to_float()
    iterations = _iterations(options)
    step_size = options.step_size or _defaults(options).step_size
    out = options.out or Path(f"{_stem(options.problem)}.npz")
    picture = None if options.no_plot else options.picture or out.with_suffix(".png")
    if writes:
        _check_targets(out, picture, options.stream)
    # A record of many states costs as much as several iterations.
    large = problem.n_tasks * problem.n_states > _LARGE
    every = options.record_every or max(1, iterations // (20 if large else 1000))
    added = tuple(name for name in QUANTITIES if name in options.quantities)
    record = Record(
        every=every,
        quantities=DEFAULT_QUANTITIES + added,
        states=(_shown_state(problem, options.state),),
        first=0 if large else 5 * every,
        file=options.stream,
    )
    mixing = choices.mixing(options.graph, options.mixing, problem.n_tasks)
    settings = {
        "mixing": mixing,
        "step_size": choices.step_sizes(step_size, iterations),
        "regularization": options.regularization,
        "iterations": iterations,
        "initial": choices.first_parameters(
            problem,
            options.start_parameters,
            options.initial,
            np.random.default_rng(options.seed),
        ),
        "record": record,
        "checkpoint": _checkpoint(options, iterations),
        "path": options.path,
        "method": options.method,
        "estimator": choices.estimator(options.gradient),
        "seed": options.seed,
    }
    metadata = {
        "problem": options.problem,
        "command": command,
        "mixing": np.asarray(getattr(mixing, "matrix", mixing)).tolist(),
        "step_size": step_size,
        "regularization": options.regularization,
        "method": options.method,
        "gradient": options.gradient,
        "seed": options.seed,
        "versions": _versions(),
    }
    return _Prepared(problem, settings, metadata, out, picture, iterations)


def _report(
    options: _Options, ready: _Prepared, trace: Trace, console: Console, seconds: float
) -> None:
    """Write the files, and say what came out."""
    out, picture = ready.out, ready.picture
    save_result(out, trace, ready.metadata)
    summary = run_summary.summary(trace, ready.problem)
    optimum = run_summary.known_optimum(options.problem, ready.problem)
    if picture is not None:
        run_summary.draw(picture, trace, ready.problem, ready.metadata)
    run_summary.print_summary(console, options.problem, trace, summary, optimum, seconds)
    written = [str(path) for path in (out, picture, options.stream) if path is not None]
    console.print("wrote " + escape(" and ".join(written)))
    data = ready.metadata | {"iterations": trace.iterations, "path": trace.path, "final": summary}
    files = {"result": str(out), "plot": None if picture is None else str(picture)}
    stream = None if options.stream is None else str(options.stream)
    rest = {"stopped": trace.stopped, "record": stream, "accuracy": run_summary.accuracy(trace)}
    write_json(data | rest | files, options.json_file)


def _check_combinations(options: _Options) -> None:
    if options.resume and options.saved is None:
        raise click.UsageError("--resume needs --checkpoint FILE")
    if options.no_plot and options.picture is not None:
        raise click.UsageError("--no-plot and --plot exclude each other")
    if options.ranks is not None and options.mpi:
        raise click.UsageError("--ranks starts the ranks itself, without --mpi")


def _defaults(options: _Options) -> _Defaults:
    return _DEFAULTS.get(options.problem.partition(":")[0], _OTHERS)


def _iterations(options: _Options) -> int:
    return _defaults(options).iterations if options.iterations is None else options.iterations


def _checkpoint(options: _Options, iterations: int) -> Checkpoint | None:
    if options.saved is None:
        return None
    return Checkpoint(options.saved, every=max(1000, iterations // 100), resume=options.resume)


def _stem(problem: str) -> str:
    """Return the name of the result file, for a problem file not that file's own name."""
    path = Path(problem)
    if path.suffix in (".toml", ".npz"):
        return f"{path.stem}-run"
    return re.sub(r"[^\w.=-]+", "-", problem)


def _check_targets(out: Path, picture: Path | None, stream: Path | None) -> None:
    """Refuse bad names, and files that are not ours, before the run and not after it."""
    if out.suffix != ".npz":
        raise InvalidInput(f"--out {out} must end in .npz")
    if picture is not None and picture.suffix.lower() not in (".png", ".svg"):
        raise InvalidInput(f"--plot {picture} must end in .png or .svg")
    if stream is not None and stream.suffix != ".npy":
        raise InvalidInput(f"--record {stream} must end in .npy")
    for path in (out, picture, stream):
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
    return shlex.join(["dcpg", *_words(ctx, leave_out=("mpi",))])


def _words(ctx: click.Context, leave_out: tuple[str, ...]) -> list[str]:
    """Return the words after ``dcpg`` by which the command was called, without some options."""
    words = ["run", str(ctx.params["problem"])]
    typed = click.core.ParameterSource.COMMANDLINE
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if not isinstance(parameter, click.Option) or name in leave_out:
            continue
        if ctx.get_parameter_source(name) is not typed:
            continue
        value = ctx.params[name]
        if parameter.is_flag:
            words.append(parameter.opts[0])
            continue
        for item in value if parameter.multiple else (value,):
            words += [parameter.opts[0], str(item)]
    return words
