import copy
import dataclasses
import pickle
from fractions import Fraction

import flint
import pytest

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.boxes import Box, closed_interval, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.verdicts import Scope, Verdict

X, Y = symbols("x", "y")
BOX = Box(x=open_interval(0, 1), y=open_interval(0, 1))
FIELDS = ("verdict", "scope", "method", "detail", "witness", "assumption", "certificates")


@pytest.fixture
def kernel():
    return Kernel()


@pytest.fixture
def proved(kernel):
    return kernel.identity(X * (1 + Y), X + X * Y, BOX)


@pytest.fixture
def instance(kernel):
    return kernel.at_instance(1, "<", 2, {"n": 3})


@pytest.fixture
def refuted(kernel):
    return kernel.sign(X, ">", Y, BOX)


def test_evidence_cannot_be_constructed_or_subclassed():
    with pytest.raises(TypeError, match="minted by the kernel"):
        Evidence()
    with pytest.raises(TypeError, match="minted by the kernel"):
        Evidence(verdict=Verdict.PROVED)
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("Fake", (Evidence,), {})


def test_evidence_cannot_be_changed(refuted):
    for field in FIELDS:
        with pytest.raises(AttributeError, match="immutable"):
            setattr(refuted, field, Verdict.PROVED)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(refuted, field)
    with pytest.raises(AttributeError):
        refuted.extra = 1
    with pytest.raises(TypeError):
        refuted.witness["x"] = "0"
    assert not hasattr(refuted, "__dict__")
    assert refuted.verdict is Verdict.REFUTED


def test_evidence_does_not_travel(proved):
    for attempt in (pickle.dumps, dataclasses.replace):
        with pytest.raises(TypeError):
            attempt(proved)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="does not leave"):
            pickle.dumps(proved, protocol)
    assert copy.copy(proved) is proved
    assert copy.deepcopy([proved])[0] is proved


def test_an_object_dressed_up_as_evidence_is_not_the_kernels(kernel, proved):
    fake = object.__new__(Evidence)
    for field in (*FIELDS, "findings"):
        object.__setattr__(fake, field, getattr(proved, field))
    assert kernel.has_minted(proved)
    assert not kernel.has_minted(fake)
    assert not Kernel().has_minted(proved)
    for combine in (kernel.every, kernel.definition, kernel.confirmed):
        with pytest.raises(InvalidInput, match="minted by this kernel"):
            combine(proved, fake)
    with pytest.raises(InvalidInput, match="minted by this kernel"):
        kernel.conditional(fake, "A")
    with pytest.raises(InvalidInput, match="minted by this kernel"):
        kernel.conditional(proved, "A", fake)


def test_evidence_of_another_kernel_is_refused(proved):
    with pytest.raises(InvalidInput, match="minted by this kernel"):
        Kernel().every(proved)


def test_empty_conjunctions_are_refused(kernel):
    for combine in (kernel.every, kernel.definition):
        with pytest.raises(InvalidInput, match="only evidence"):
            combine()


def test_verdicts_follow_from_the_findings(kernel, proved, instance, refuted):
    assert (proved.verdict, proved.scope) == (Verdict.PROVED, Scope.FAMILY)
    assert (instance.verdict, instance.scope) == (Verdict.CERTIFIED, Scope.INSTANCE)
    assert (refuted.verdict, refuted.scope) == (Verdict.REFUTED, Scope.INSTANCE)
    assert kernel.undecided("nothing known").verdict is Verdict.UNDECIDED
    assert kernel.at_instance(2, "<", 1, {}).verdict is Verdict.REFUTED


def test_an_instance_never_reads_as_proved(kernel, proved, instance):
    checks = [
        instance,
        kernel.identity(1, 1),
        kernel.sign(1, "<", 2, Box()),
        kernel.positive_on(1, [], strict=True),
        kernel.roots([0, 1], closed_interval(-1, 1), 1),
        kernel.enclosed(lambda: flint.arb(1), "<", lambda: flint.arb(2), {}),
        kernel.every(proved, instance),
        kernel.every(instance, proved),
        kernel.every(kernel.definition(instance), proved),
        kernel.every(kernel.definition(kernel.definition(instance), proved), proved),
        kernel.conditional(instance, "A"),
    ]
    for evidence in checks:
        assert evidence.verdict.rank <= Verdict.CERTIFIED.rank
        assert evidence.scope is Scope.INSTANCE
        evidence.replay()
    assert kernel.definition(instance).scope is Scope.INSTANCE


def test_conjunctions_take_the_worst_verdict_and_the_narrowest_scope(
    kernel, proved, instance, refuted
):
    open_part = kernel.undecided("gave up")
    assert kernel.every(proved, proved).verdict is Verdict.PROVED
    assert kernel.every(proved, open_part, instance).verdict is Verdict.UNDECIDED
    whole = kernel.every(proved, refuted, open_part)
    assert whole.verdict is Verdict.REFUTED
    assert whole.witness == refuted.witness
    assert kernel.every(kernel.conditional(proved, "A"), proved).verdict is Verdict.CONDITIONAL


def test_conjunctions_name_every_assumption(kernel, proved):
    one, two = kernel.conditional(proved, "A"), kernel.conditional(proved, "B")
    assert kernel.every(one, two, proved).assumption == "A; B"
    assert kernel.conditional(one, "C").assumption == "A; C"


def test_a_definition_needs_more_than_support(kernel, proved, refuted):
    assert kernel.definition(proved).verdict is Verdict.DEFINITION
    assert kernel.definition(proved, refuted).verdict is Verdict.REFUTED
    assert kernel.definition(kernel.undecided("")).verdict is Verdict.UNDECIDED
    assert kernel.definition(kernel.conditional(proved, "A")).verdict is Verdict.CONDITIONAL


def test_a_condition_is_shown_necessary_by_a_refutation_only(kernel, proved, refuted):
    needed = kernel.conditional(proved, "x > y", refuted)
    assert needed.verdict is Verdict.CONDITIONAL
    assert needed.witness == refuted.witness
    assert "fails without it" in needed.detail
    for part in (proved, kernel.undecided("gave up")):
        with pytest.raises(CertificateRejected, match="not shown to be necessary"):
            kernel.conditional(proved, "x > y", part)
    assert "not known to be necessary" in kernel.conditional(proved, "x > y").detail
    assert kernel.conditional(refuted, "x > y") is refuted
    for blank in ("", "  "):
        with pytest.raises(InvalidInput, match="must name"):
            kernel.conditional(proved, blank)


def test_a_proof_is_confirmed_by_instances_and_refuted_by_one(kernel, proved, instance, refuted):
    confirmed = kernel.confirmed(proved, instance)
    assert (confirmed.verdict, confirmed.scope) == (Verdict.PROVED, Scope.FAMILY)
    assert kernel.confirmed(proved, instance, refuted) is refuted
    gap = kernel.undecided("missing link")
    assert kernel.confirmed(gap, instance) is gap


def test_replacements_that_no_check_reads_are_reported():
    kernel = Kernel("statement", {"rate": 2, "other": 3})
    assert kernel.given("rate", 1) == 2
    assert kernel.given("absent", 5) == 5
    assert kernel.unread == {"other"}


def test_inputs_are_checked(kernel):
    with pytest.raises(InvalidInput, match=r"shapes \(1,\) and \(2,\)"):
        kernel.identity([1], [1, 2])
    with pytest.raises(InvalidInput, match="not empty"):
        kernel.identity([], [])
    for call in (
        lambda: kernel.identity(0.5, 0.5),
        lambda: kernel.sign(0.5, "<", X, BOX),
        lambda: kernel.at_instance(0.5, "<", 1, {}),
        lambda: kernel.roots([0.5, 1], open_interval(0, 1), 0),
    ):
        with pytest.raises(InvalidInput, match="exact rational"):
            call()
    with pytest.raises(InvalidInput, match="must be one of"):
        kernel.at_instance(1, "==", 1, {})


def test_replay_notices_a_certificate_exchanged_afterwards(kernel):
    evidence = kernel.at_instance(1, "<", 2, {})
    evidence.replay()
    object.__setattr__(evidence.certificates[0], "right", Fraction(0))
    with pytest.raises(CertificateRejected, match="minted on"):
        evidence.replay()


def test_replay_notices_a_changed_identity(kernel):
    evidence = kernel.every(kernel.identity(X, X, BOX), kernel.identity(Y, Y, BOX))
    evidence.replay()
    object.__setattr__(evidence.certificates[1], "left", (X,))
    with pytest.raises(CertificateRejected, match="minted on"):
        evidence.replay()


def test_combined_evidence_carries_every_certificate(kernel, proved, instance):
    whole = kernel.definition(kernel.conditional(proved, "A"), instance)
    assert len(whole.certificates) == len(whole.findings) == 2
    whole.replay()
