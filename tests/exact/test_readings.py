import pytest

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.certificates import Outcome
from dcpg_theory.exact.readings import Indices


@pytest.mark.parametrize(
    ("text", "symbols", "expected"),
    [
        (r"\gamma_i V", (r"\gamma",), Outcome.HOLDS),
        (r"\gamma V", (r"\gamma",), Outcome.FAILS),
        (r"\gamma^2_i + \gamma^{k}_i", (r"\gamma",), Outcome.HOLDS),
        (r"\gamma_i + \gamma^2", (r"\gamma",), Outcome.FAILS),
        (r"\pi \rho_i p_i", ("p", r"\rho"), Outcome.HOLDS),
        (r"\pi \rho p_i", ("p", r"\rho"), Outcome.FAILS),
        (r"\pi p", ("p",), Outcome.FAILS),
    ],
)
def test_reading_and_counting_agree(text, symbols, expected):
    certificate = Indices(text, symbols)
    assert certificate.replay().outcome is expected


def test_a_tampered_reading_does_not_replay(monkeypatch):
    good = Indices(r"\gamma_i", (r"\gamma",)).establish()
    monkeypatch.setattr(Indices, "establish", lambda _: good)
    with pytest.raises(CertificateRejected, match="counting"):
        Indices(r"\gamma", (r"\gamma",)).replay()
