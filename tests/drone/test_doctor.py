"""The doctor names what is broken."""

from __future__ import annotations

import pytest

from dcpg_theory.drone import doctor


@pytest.fixture
def installed(monkeypatch):
    """Pretend that these packages, and no others, are installed."""

    def pretend(**versions: str) -> None:
        known = {name.replace("_", "-"): found for name, found in versions.items()}
        monkeypatch.setattr(doctor, "_version", known.get)

    return pretend


def by_name(findings, part):
    return next(found for found in findings if part in found.what)


def test_what_is_absent_is_named_with_the_way_to_get_it(installed):
    installed()
    findings = doctor.examine()
    assert not by_name(findings, "mujoco").good
    assert by_name(findings, "mujoco").needed
    assert "dcpg-theory[drone]" in by_name(findings, "jax").fix[0]
    assert "dcpg-theory[mpi]" in by_name(findings, "mpi4py").fix[0]
    assert not by_name(findings, "cosysairsim").needed


def test_the_broken_pair_is_found_and_mended_in_two_lines(installed, monkeypatch):
    installed(**{"msgpack_rpc_python": "0.4.1", "msgpack": "1.1.0"})
    found = doctor._broken_pair()
    assert not found.good
    assert "every call fails" in found.state
    assert len(found.fix) == 2
    assert "pip uninstall -y msgpack-rpc-python" in found.fix[0]
    installed(**{"msgpack_rpc_python": "0.4.1", "msgpack": "0.5.6"})
    monkeypatch.setattr(doctor.sys, "version_info", (3, 12))
    assert "tornado 4" in doctor._broken_pair().state
    monkeypatch.setattr(doctor.sys, "version_info", (3, 11))
    assert doctor._broken_pair().good
    installed(msgpack="1.1.0")
    assert doctor._broken_pair() is None


def test_a_client_that_cannot_be_imported_is_found(installed, monkeypatch):
    installed(airsim="1.8.1")

    def fail(_):
        raise TypeError("Packer.__init__() got an unexpected keyword argument 'encoding'")

    monkeypatch.setattr(doctor.importlib, "import_module", fail)
    airsim = next(one for one in doctor._clients() if one.what == "airsim (client)")
    assert not airsim.good
    assert "unexpected keyword argument 'encoding'" in airsim.state
    assert airsim.fix == doctor._AIRSIM_FIX


@pytest.mark.usefixtures("mujoco_installed")
def test_rendering_is_tried_and_a_missing_library_told(monkeypatch):
    good = doctor._renderer()
    assert good.good
    assert "embedded-mujoco" in good.state
    monkeypatch.setenv("MUJOCO_GL", "rays")
    rays = doctor._renderer()
    assert (rays.good, rays.needed) == (False, False)
    assert "libosmesa6" in rays.fix[0]
    monkeypatch.setenv("MUJOCO_GL", "no-such-library")
    broken = doctor._renderer()
    assert not broken.good
    assert broken.needed
    assert "MUJOCO_GL=rays" in " ".join(broken.fix)
