"""The pages of claims, as the documentation's build makes them from the ledger."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace

import pytest
from shown_text import raw_latex


@pytest.fixture(scope="module")
def claim_pages(repository_root):
    pytest.importorskip("sphinx", reason="the documentation is built with sphinx")
    path = repository_root / "docs" / "_ext" / "claim_pages.py"
    spec = importlib.util.spec_from_file_location("claim_pages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ledger(claim_pages):
    return claim_pages.recorded()


@pytest.fixture(scope="module")
def pages(claim_pages, ledger):
    return claim_pages.pages(*ledger)


def test_each_recorded_claim_has_one_place(pages, ledger):
    _, records = ledger
    headings = re.findall(r"^## (\S+)$", "\n".join(pages.values()), re.MULTILINE)
    assert sorted(headings) == sorted(records)


def test_every_link_leads_to_a_claim(claim_pages, ledger, pages):
    places = {
        f"{name}.html#{id}"
        for name, source in pages.items()
        for id in re.findall(r"^\((\S+)\)=$", source, re.MULTILINE)
    }
    links = set(re.findall(r'href="([^"]+)"', "\n".join(pages.values())))
    assert links
    assert links <= places
    errata = claim_pages.errata_page(*ledger)
    assert set(re.findall(r'href="claims/([^"]+)"', errata)) <= places


def test_the_errata_page_lists_what_the_committed_one_does(claim_pages, ledger, repository_root):
    committed = (repository_root / "docs" / "errata.md").read_text(encoding="utf-8")
    built = claim_pages.errata_page(*ledger)
    heading = re.compile(r"^### ([^\s:]+)", re.MULTILINE)
    assert heading.findall(built) == heading.findall(committed)


def test_what_was_found_is_escaped(claim_pages, ledger):
    registry, records = ledger
    id = next(iter(records))
    odd = {id: replace(records[id], detail="<script>x < y</script>")}
    (source,) = claim_pages.pages(registry, odd).values()
    assert "<script" not in source
    assert "&lt;script&gt;x &lt; y" in source


def test_no_latex_stands_among_the_words(claim_pages, ledger, pages):
    for source in (*pages.values(), claim_pages.errata_page(*ledger)):
        assert raw_latex(source) == []


def test_every_block_of_a_page_is_closed(pages):
    for source in pages.values():
        assert source.count("```{raw} html\n") == source.count("\n```\n")


def test_a_section_is_read_off_the_place(claim_pages):
    assert claim_pages.section_of("Fig. 1 and Section 2.2") == "Section 2.2"
    assert claim_pages.section_of("Appendix B.5, (81)") == "Appendix B.5"
    assert claim_pages.section_of("Appendix C.1") == "Appendix C.1"
    assert claim_pages.slug("Appendix B.5") == "appendix-b-5"
