"""The runner believes nobody: not the check, not its controls, not the evidence until replayed."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import ClassVar

import pytest

from dcpg_theory.errors import CertificateRejected, InvalidInput, Undecided
from dcpg_theory.exact.certificates import Comparison
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.ledger.claims import ingredient, misprint, unsettled
from dcpg_theory.ledger.registry import Registry, load_registry
from dcpg_theory.ledger.runner import CheckFailed, judge, run_claims, run_control


def test_a_record_says_what_the_kernel_found(make_claim):
    record = judge(make_claim("two", note="n"))
    assert (record.verdict, record.scope) == ("certified", "instance")
    assert record.method == "exact rational arithmetic on an instance"
    assert record.witness["number"] == "two"
    assert record.controls == {"two is three": "refuted"}
    assert (record.severity, record.origin, record.mistake) == (None, None, "")
    assert record.seconds >= 0


def test_a_refutation_is_recorded_with_its_fault(make_claim, refuted_check, slip):
    record = judge(make_claim("two", refuted_check, fault=slip))
    assert (record.verdict, record.severity, record.origin) == ("refuted", "slip", "paper")
    assert record.mistake == "a sign"


def test_a_refutation_that_nobody_has_weighed_is_refused(make_claim, refuted_check):
    with pytest.raises(CheckFailed, match="two: refuted, but nobody has said how grave"):
        judge(make_claim("two", refuted_check))


def test_a_fault_refutes_nothing(make_claim, slip):
    """Corrected forms share a fault with the printed one."""
    record = judge(make_claim("two", fault=slip))
    assert (record.verdict, record.severity, record.mistake) == ("certified", None, "")


class Impostor:
    """Looks like evidence."""

    verdict, scope, method, detail, assumption = "proved", "universal", "trust", "", ""
    witness: ClassVar[dict[str, str]] = {}

    def replay(self):
        """All is well."""


STRANGER = Kernel()
FOREIGN = STRANGER.at_instance(2, "=", 2, {})


@pytest.mark.parametrize(
    "evidence",
    [None, "proved", Impostor(), FOREIGN, object.__new__(Evidence)],
    ids=["nothing", "a word", "an impostor", "another kernel's", "not minted"],
)
def test_foreign_evidence_is_refused(make_claim, evidence):
    with pytest.raises(CheckFailed, match=r"two: .* evidence that its kernel did not mint"):
        judge(make_claim("two", lambda _: evidence))


def test_evidence_kept_from_an_earlier_run_is_refused(make_claim):
    kept = []

    def check(kernel):
        kept.append(kernel.at_instance(2, "=", 2, {}))
        return kept[0]

    member = make_claim("two", check, controls=(), open="to see the second run alone")
    judge(member)
    with pytest.raises(CheckFailed, match="did not mint"):
        judge(member)


def test_foreign_evidence_cannot_be_combined_either(make_claim):
    with pytest.raises(CheckFailed, match="two: only evidence minted by this kernel"):
        judge(make_claim("two", lambda kernel: kernel.every(FOREIGN)))


def test_a_control_that_is_not_refuted_fails_the_run(make_claim):
    def blind(kernel):
        kernel.given("two", 2)
        return kernel.at_instance(2, "=", 2, {})

    with pytest.raises(CheckFailed, match="two: the check does not refute the control 'two is th"):
        judge(make_claim("two", blind))


def test_a_control_that_is_only_undecided_fails_the_run(make_claim):
    def gives_up(kernel):
        if kernel.given("two", 2) == 3:
            raise Undecided("too hard")
        return kernel.at_instance(2, "=", 2, {})

    with pytest.raises(CheckFailed, match="does not refute"):
        judge(make_claim("two", gives_up))


def test_a_control_that_the_check_never_reads_fails_the_run(make_claim):
    """Though the check, which is wrong about everything, refutes it."""
    member = make_claim("two", lambda kernel: kernel.at_instance(2, "=", 3, {}))
    with pytest.raises(CheckFailed, match="control 'two is three' changes two, never read"):
        run_control(member, member.controls[0])


def test_a_misprint_of_words_that_are_not_there_fails_the_run(make_claim):
    with pytest.raises(InvalidInput, match="'9' does not occur"):
        run_control(make_claim("two"), misprint("9", "8"))


def test_a_check_that_misreads_its_statement_fails_the_run(make_claim):
    def check(_):
        raise InvalidInput("cannot read the formula")

    with pytest.raises(CheckFailed, match="two: cannot read the formula"):
        judge(make_claim("two", check))


def test_giving_up_becomes_undecided(make_claim):
    def check(_):
        raise Undecided("no bound in 1000 pieces")

    record = judge(make_claim("two", check, controls=(), open="hard"))
    assert (record.verdict, record.detail) == ("undecided", "no bound in 1000 pieces")


def test_an_unsettled_claim_is_recorded_as_undecided(make_claim):
    member = unsettled(
        "later", where="", statement="", kind=make_claim("x").kind, lines=(1, 1), reason="not yet"
    )
    assert judge(member).verdict == "undecided"


@pytest.mark.parametrize("change", ["raises", "says otherwise"])
def test_evidence_that_does_not_replay_fails_the_run(make_claim, monkeypatch, change):
    def replay(_):
        if change == "raises":
            raise CertificateRejected("the integers disagree")
        return Comparison(3, "=", 2, {}).establish()

    monkeypatch.setattr(Comparison, "replay", replay)
    with pytest.raises(
        CheckFailed, match=r"two: the evidence does not replay: .*(disagree|replays as)"
    ):
        judge(make_claim("two"))


def test_an_aggregate_is_not_judged_by_itself(make_claim):
    with pytest.raises(CheckFailed, match="whole is judged by its parts two"):
        judge(make_claim("whole", parts=("two",)))


def test_claims_run_with_all_they_stand_on(make_registry):
    registry = make_registry({"a": (), "b": ("a",), "whole": ("parts", "b"), "c": ()})
    seen = []
    records = run_claims(registry, ["whole"], jobs=1, on_done=lambda record: seen.append(record.id))
    assert list(records) == ["a", "b", "whole"]
    assert sorted(seen) == ["a", "b"]
    assert records["whole"].transitive_verdict == "certified"


@pytest.mark.parametrize("jobs", [0, -1])
def test_no_processes_at_all_are_refused(make_registry, jobs):
    with pytest.raises(InvalidInput, match=f"jobs={jobs} must be at least 1"):
        run_claims(make_registry({"a": ()}), ["a"], jobs=jobs)


CHEAP = ["eq-1", "eq-2*", "eq-5*", "figure-1", "appa-ex1-v?-*", "appa-ex1-o*"]


def test_one_process_and_two_find_the_same():
    registry = load_registry()
    ids = registry.select(CHEAP)
    assert len(ids) > 8  # or the second run would not start processes
    seen = []
    alone = run_claims(registry, ids, jobs=1)
    shared = run_claims(registry, ids, jobs=2, on_done=lambda record: seen.append(record.id))
    assert list(alone) == list(shared)
    assert alone == shared
    assert sorted(seen) == sorted(id for id in alone if registry[id].check)


def test_claims_that_no_package_offers_are_judged_in_this_process(make_claim):
    """Other processes look ids up among the installed claims, and these mean something else."""
    ids = load_registry().select(CHEAP)
    registry = Registry([make_claim(id, statement="ours") for id in ids])
    records = run_claims(registry, ids, jobs=2)
    assert {record.statement for record in records.values()} == {"ours"}


class _DyingPool:
    """A pool all of whose processes die."""

    def __init__(self, *_, **__):
        self.cancelled = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert self.cancelled

    def submit(self, *_):
        future = Future()
        future.set_exception(BrokenProcessPool("killed"))
        return future

    def shutdown(self, *, cancel_futures):
        self.cancelled = cancel_futures


def test_a_process_that_dies_fails_the_run(monkeypatch):
    monkeypatch.setattr("dcpg_theory.ledger.runner.ProcessPoolExecutor", _DyingPool)
    registry = load_registry()
    with pytest.raises(CheckFailed, match="a process that checks claims died: killed"):
        run_claims(registry, list(registry), jobs=2)


def test_a_failing_check_stops_the_run(make_claim):
    control = ingredient("nothing", nothing=0)
    broken = make_claim("broken", controls=(control,))
    registry = Registry([make_claim("a"), broken])
    with pytest.raises(CheckFailed, match="broken: the control 'nothing' changes nothing, never"):
        run_claims(registry, ["a", "broken"], jobs=1)
