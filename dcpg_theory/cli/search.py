"""``dcpg search CLAIM``: look for the worst case of a bound, and certify it."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dcpg_theory import __version__
from dcpg_theory.cli.examples import epilog
from dcpg_theory.cli.output import console_for, output_options, progress_bar, write_json, write_text
from dcpg_theory.engine.executors import executor
from dcpg_theory.errors import InvalidInput
from dcpg_theory.search.instances import load_instance, save_instance, side_file
from dcpg_theory.search.searching import Budget, Found, certified_ratio, rounds
from dcpg_theory.search.targets import Target, find_target, load_targets, unsearched

__all__ = ["search"]


@click.command(epilog=epilog("search"))
@click.argument("claim", required=False)
@click.option("--list", "listing", is_flag=True, help="List the claims that can be searched.")
@click.option(
    "--rounds",
    "count",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="How long to search; each round explores, climbs and certifies.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--discount", metavar="G", help="Fix the discount, as 9/10 or 0.9.")
@click.option("--max-states", type=click.IntRange(min=1), help="The most states of an instance.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; default all cores.")
@click.option("--ranks", type=click.IntRange(min=1), help="MPI ranks in place of processes.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the best instance goes, .toml or .npz; default CLAIM.toml here.",
)
@click.option(
    "--all",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Search all claims; instances go to this folder, a table beside it (FOLDER.md).",
)
@click.option("--resume", is_flag=True, help="Go on from the rounds that the output holds.")
@click.option(
    "--improve",
    is_flag=True,
    help="Keep the instance that the output holds, from any search, unless a tighter one is found.",
)
@click.option("--quick", is_flag=True, help="Rounds of a tenth of the usual length.")
@click.option(
    "--check",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Search nothing: certify the instance in this file again.",
)
@output_options
def search(
    claim: str | None,
    listing: bool,
    count: int,
    seed: int,
    discount: str | None,
    max_states: int | None,
    jobs: int | None,
    ranks: int | None,
    output: Path | None,
    folder: Path | None,
    resume: bool,
    improve: bool,
    quick: bool,
    check: Path | None,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Search for the instance at which CLAIM is tightest, or fails.

    The ratio observed/bound of the best instance is certified in exact or ball arithmetic; above 1
    it refutes the claim. The instance is a problem file that dcpg run reads, with the rest beside
    it. Ctrl-C keeps the best so far, and --resume goes on; the same seed finds the same.
    """
    console = console_for(json_file, quiet=quiet)
    if listing:
        return _list(console, json_file)
    if check is not None:
        return _check(console, check, json_file)
    options = {"discount": _discount(discount), "max_states": max_states}
    if resume and improve:
        raise click.UsageError("--resume goes on with a search, --improve begins another: give one")
    budget = Budget(examples=40, climbs=4, evaluations=100, hops=2) if quick else Budget()
    plan = _Plan(seed, count, jobs, ranks, options, budget, quick, resume, improve)
    if folder is not None:
        if claim is not None or output is not None:
            raise click.UsageError(
                "--all searches every claim, so it takes no CLAIM and no --output"
            )
        return _all(console, folder, plan, json_file, quiet=quiet)
    if claim is None:
        raise click.UsageError("name a CLAIM, or give --list or --all FOLDER")
    target = find_target(claim)
    output = Path(f"{claim}.toml") if output is None else output
    best, done, interrupted = _search(target, output, plan, quiet=quiet)
    _print(console, target, best, done, output)
    write_json(_summary(target, best, done, plan.settings, output), json_file)
    return 130 if interrupted else 0


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to spend, where, and on what."""

    seed: int
    count: int
    jobs: int | None
    ranks: int | None
    options: Mapping[str, Any]
    budget: Budget
    quick: bool
    resume: bool
    improve: bool

    @property
    def settings(self) -> dict[str, Any]:
        """What decides the instance that is found, besides the number of rounds."""
        options = {name: _plain(value) for name, value in self.options.items()}
        return {"seed": self.seed, "options": options, "budget": asdict(self.budget)}


def _search(target: Target, output: Path, plan: _Plan, *, quiet: bool) -> tuple[Found, int, bool]:
    """Search, saving the best so far; return it, the rounds done, and whether Ctrl-C ended it."""
    claim = target.claim
    best, first = _earlier(output, target, plan)
    kept = best.instance
    done, left = first, max(plan.count - first, 0)
    with (
        progress_bar(quiet=quiet) as bar,
        executor(jobs=plan.jobs, ranks=plan.ranks) as pool,
    ):
        task = bar.add_task(_label(claim, best), total=plan.count, completed=plan.count - left)
        try:
            for number, found in rounds(
                claim,
                plan.options,
                seed=plan.seed,
                first=first,
                count=left,
                budget=plan.budget,
                pool=pool,
            ):
                best, done = best.joined(found), number + 1
                bar.update(task, completed=done, description=_label(claim, best))
                if not (plan.improve and best.instance is kept):
                    _save(output, claim, best, done, plan.settings)
        except KeyboardInterrupt:
            if pool is not None:
                pool.shutdown(wait=False, cancel_futures=True)
            return best, done, True
    return best, done, False


def _all(console: Console, folder: Path, plan: _Plan, json_file: str | None, *, quiet: bool) -> int:
    """Search every claim, and write the table of what was found."""
    from dcpg_theory.report.tightness import Row, tightness_table

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"--all {folder}: cannot be made: {error.strerror}") from None
    rows, summaries, interrupted = [], [], False
    for claim, target in load_targets().items():
        output = folder / f"{claim}.toml"
        best, done, interrupted = _search(target, output, plan, quiet=quiet)
        _print(console, target, best, done, output)
        summaries.append(_summary(target, best, done, plan.settings, output))
        if output.exists():
            _, instance, found = load_instance(output)
            rows.append(Row(target, output, instance, found))
        if interrupted:
            break
    words = [word for word in ("improve", "quick") if getattr(plan, word)]
    flags = "".join(f" --{word}" for word in words)
    command = f"dcpg search --all {folder.name} --rounds {plan.count} --seed {plan.seed}{flags}"
    write_text(folder.with_suffix(".md"), lambda: tightness_table(rows, command, unsearched()))
    write_json(summaries, json_file)
    return 130 if interrupted else 0


def _list(console: Console, json_file: str | None) -> int:
    targets = load_targets()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("claim", "ratio"):
        table.add_column(heading)
    for target in targets.values():
        table.add_row(target.claim, escape(target.ratio_text))
    console.print(table)
    write_json({id: target.ratio_text for id, target in targets.items()}, json_file)
    return 0


def _check(console: Console, path: Path, json_file: str | None) -> int:
    claim, instance, found = load_instance(path)
    ratio = certified_ratio(find_target(claim), instance)
    same = ratio == found.get("ratio")
    console.print(f"{claim}: the ratio is at least {ratio:.12g}, certified", highlight=False)
    if not same:
        console.print(f"the file says {found.get('ratio')}")
    write_json({"claim": claim, "ratio": ratio, "as_recorded": same}, json_file)
    return 0 if same else 1


def _discount(text: str | None) -> Fraction | None:
    if text is None:
        return None
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise InvalidInput(f"--discount {text}: is no number like 9/10 or 0.9") from None
    if not 0 < value < 1:
        raise InvalidInput(f"--discount {text}: must lie in the open interval (0, 1)")
    return value


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Fraction) else value


def _earlier(output: Path, target: Target, plan: _Plan) -> tuple[Found, int]:
    """Return what the output holds, if this search is to go on from there, and the rounds done."""
    if output.suffix not in (".toml", ".npz"):
        raise InvalidInput(f"{output}: must end in .toml or .npz")
    if not output.parent.is_dir():
        raise InvalidInput(f"{output}: there is no folder {output.parent}")
    if not (plan.resume or plan.improve):
        for path in (output, side_file(output)):
            if path.exists():
                raise InvalidInput(
                    f"{path}: exists; --resume goes on from it, --improve keeps it unless a "
                    "tighter one is found, or remove it"
                )
        return Found(), 0
    if not output.exists():
        return Found(), 0
    of, instance, found = load_instance(output)
    if of != target.claim:
        raise InvalidInput(f"{output}: holds an instance of {of}")
    if plan.improve:
        # What the file says about it is not taken on trust.
        ratio = certified_ratio(target, instance)
        return Found(ratio, instance, ratio, 0, found["structure"]), 0
    if found["settings"] != plan.settings:
        raise InvalidInput(f"{output}: holds another search: its seed or options differ")
    best = Found(
        found["ratio"], instance, found["climbed"], found["evaluations"], found["structure"]
    )
    return best, int(found["rounds"])


def _save(output: Path, claim: str, best: Found, done: int, settings: Mapping[str, Any]) -> None:
    if best.instance is None:
        return
    found = {
        "ratio": best.ratio,
        "climbed": best.climbed,
        "evaluations": best.evaluations,
        "structure": {name: _shown(value) for name, value in best.structure.items()},
        "rounds": done,
        "settings": dict(settings),
        "version": __version__,
        "python": platform.python_version(),
    }
    save_instance(output, claim, best.instance, found)


def _shown(value: Any) -> str:
    return " and ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _label(claim: str, best: Found) -> str:
    ratio = f"{best.ratio:.6g}" if best.instance is not None else "nothing certified"
    return f"searching {claim}: {ratio}"


def _summary(
    target: Target, best: Found, done: int, settings: Mapping[str, Any], output: Path
) -> dict[str, Any]:
    certified = best.instance is not None
    return {
        "claim": target.claim,
        "ratio_of": target.ratio_text,
        "ratio": best.ratio if certified else None,
        "refutes": certified and best.ratio > 1,
        "rounds": done,
        "evaluations": best.evaluations,
        **settings,
        "file": str(output) if certified else None,
    }


def _print(console: Console, target: Target, best: Found, done: int, output: Path) -> None:
    console.print(f"{target.claim}: {escape(target.ratio_text)}")
    if best.instance is None:
        console.print(f"nothing certified in {done} rounds, {best.evaluations} evaluations")
        return
    verdict = "the claim fails there" if best.ratio > 1 else "the tightest instance found"
    console.print(f"at least [bold]{best.ratio:.12g}[/bold], certified: {verdict}")
    sizes = ", ".join(f"{name} {value}" for name, value in sorted(best.structure.items()))
    console.print(f"{done} rounds, {best.evaluations} evaluations; {sizes}")
    name = shlex.quote(str(output))
    console.print(f"instance in {output}; try: dcpg run {name}, dcpg search --check {name}")
