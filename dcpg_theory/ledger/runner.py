"""The runner: judges claims, one after another or on all cores.

Each claim is judged with a kernel of its own; its evidence is replayed, its controls are run, and
what is found is kept as a `Record`. A control that the check does not refute, or evidence that does
not replay, is a failure of the run, not a verdict.
"""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from dcpg_theory.errors import DcpgTheoryError, InvalidInput, Undecided
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger.claims import Claim, Control
from dcpg_theory.ledger.mutation import MutationRecord, mutate
from dcpg_theory.ledger.records import Record, complete
from dcpg_theory.ledger.registry import Registry, load_registry

__all__ = ["CheckFailed", "examine", "judge", "run_claims", "run_control", "run_mutations"]


_Result = TypeVar("_Result")


class CheckFailed(DcpgTheoryError):
    """A check is broken: foreign evidence, a failed replay, or a control it does not refute."""


def judge(member: Claim) -> Record:
    """Run one claim's check, replay its evidence, run its controls, and record what was found.

    Raises
    ------
    CheckFailed
        If the check is broken; the message names the claim.
    """
    return examine(member)[0]


def examine(member: Claim) -> tuple[Record, Evidence]:
    """Judge a claim as `judge` does, and return the evidence too, which no process can send."""
    start = time.perf_counter()
    evidence = _evidence(member, Kernel(member.statement))
    try:
        evidence.replay()
    except DcpgTheoryError as error:
        raise CheckFailed(f"{member.id}: the evidence does not replay: {error}") from error
    controls = {control.what: str(run_control(member, control)) for control in member.controls}
    missed = [what for what, verdict in controls.items() if verdict != Verdict.REFUTED]
    if missed:
        raise CheckFailed(f"{member.id}: the check does not refute the control {missed[0]!r}")
    refuted = evidence.verdict is Verdict.REFUTED
    if refuted and member.fault is None:
        raise CheckFailed(f"{member.id}: refuted, but nobody has said how grave that is")
    fault = member.fault if refuted else None
    record = Record(
        id=member.id,
        where=member.where,
        statement=member.statement,
        kind=str(member.kind),
        verdict=str(evidence.verdict),
        scope=str(evidence.scope),
        severity=str(fault.severity) if fault else None,
        origin=str(fault.origin) if fault else None,
        mistake=fault.note if fault else "",
        method=evidence.method,
        detail=evidence.detail,
        witness=dict(evidence.witness),
        assumption=evidence.assumption,
        corrected_by=None,
        depends=list(member.depends),
        controls=controls,
        seconds=time.perf_counter() - start,
    )
    return record, evidence


def run_control(member: Claim, control: Control) -> Verdict:
    """Return the verdict of the claim's own check on a wrong variant.

    Raises
    ------
    CheckFailed
        If the control changes something that the check never reads.
    """
    kernel = Kernel(control.apply(member.statement), control.values)
    verdict = _evidence(member, kernel).verdict
    if kernel.unread:
        names = ", ".join(sorted(kernel.unread))
        raise CheckFailed(f"{member.id}: the control {control.what!r} changes {names}, never read")
    return verdict


def _evidence(member: Claim, kernel: Kernel) -> Evidence:
    try:
        evidence = member(kernel)
    except Undecided as error:
        evidence = kernel.undecided(str(error))
    except DcpgTheoryError as error:
        raise CheckFailed(f"{member.id}: {error}") from error
    except Exception as error:
        raise CheckFailed(f"{member.id}: the check raised {error!r} {_where(error)}") from error
    if not kernel.has_minted(evidence):
        raise CheckFailed(f"{member.id}: the check returned evidence that its kernel did not mint")
    return evidence


def _where(error: Exception) -> str:
    """Return the last place in a traceback, for one line of message."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"at {frame.filename}:{frame.lineno}"


def run_claims(
    registry: Registry,
    ids: Sequence[str],
    *,
    jobs: int | None = None,
    on_done: Callable[[Record], object] = bool,
) -> dict[str, Record]:
    """Judge claims and everything they stand on.

    Parameters
    ----------
    registry : Registry
    ids : sequence of str
    jobs : int, optional
        Number of processes; all cores by default. With 1, with few claims, or with claims that
        other processes would not find, because no package offers them, this process works.
    on_done : callable
        Called with each record as it arrives, in any order; its result is ignored.

    Returns
    -------
    dict from id to Record
        In ledger order, completed by aggregates and transitive verdicts.

    Raises
    ------
    CheckFailed
        If any check is broken.
    InvalidInput
        If `jobs` is not positive.
    """
    wanted = [id for id in registry.closure(ids) if registry[id].check is not None]
    return complete(registry, dict(_each(judge, registry, wanted, jobs, on_done)))


def run_mutations(
    registry: Registry,
    ids: Sequence[str],
    *,
    jobs: int | None = None,
    on_done: Callable[[MutationRecord | None], object] = bool,
) -> dict[str, MutationRecord]:
    """Mutate claims and see what their checks notice; arguments and errors as in `run_claims`.

    Returns
    -------
    dict from id to MutationRecord
        In ledger order, for the claims that pass as they are.
    """
    wanted = [id for id in registry.select(ids) if registry[id].check is not None]
    found = dict(_each(mutate, registry, wanted, jobs, on_done))
    return {id: record for id in wanted if (record := found[id]) is not None}


def _each(
    work: Callable[[Claim], _Result],
    registry: Registry,
    ids: Sequence[str],
    jobs: int | None,
    on_done: Callable[[_Result], object],
) -> Iterator[tuple[str, _Result]]:
    """Yield what the work finds about each claim, in any order."""
    workers = jobs if jobs is not None else os.cpu_count() or 1
    if workers < 1:
        raise InvalidInput(f"jobs={workers} must be at least 1")
    if workers == 1 or len(ids) < 8 or not registry.installed:
        for id in ids:
            result = work(registry[id])
            on_done(result)
            yield id, result
        return
    # Spawned workers inherit no threads or locks, so this is safe under a live progress bar.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(ids)), mp_context=context) as pool:
        futures = {pool.submit(_by_id, work, id): id for id in ids}
        try:
            for future in as_completed(futures):
                on_done(future.result())
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise CheckFailed(f"a process that checks claims died: {error}") from error
        finally:
            pool.shutdown(cancel_futures=True)


_registry: Registry | None = None


def _by_id(work: Callable[[Claim], _Result], id: str) -> _Result:
    """Do the work for a claim in a worker, which loads the registry once."""
    global _registry
    if _registry is None:
        _registry = load_registry()
    return work(_registry[id])
