"""The report page: whole, self-contained, and filtering in a real browser where there is one."""

from __future__ import annotations

import html.parser
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from shown_text import raw_latex

from dcpg_theory.ledger import Record, load_registry
from dcpg_theory.ledger.recorded import read_recorded
from dcpg_theory.report.dependency_picture import SIGNS, graph_of
from dcpg_theory.report.page import page

VOID = {"meta", "input", "br", "link", "img", "hr"}


@pytest.fixture(scope="module")
def records():
    recorded = read_recorded()
    return {id: Record(**recorded[id]) for id in load_registry()}


@pytest.fixture(scope="module")
def text(records):
    return page(load_registry(), records)


class Balance(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.targets, self.addresses = [], [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.targets += [given["href"][1:]] if given.get("href", "").startswith("#") else []
        self.addresses += [v for k, v in attrs if k in ("src", "href") and not v.startswith("#")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_markup_closes_and_its_links_lead_somewhere(text):
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    assert len(set(parser.ids)) == len(parser.ids)
    assert set(parser.targets) <= set(parser.ids)


def test_nothing_comes_from_elsewhere(text):
    parser = Balance()
    parser.feed(text)
    assert parser.addresses == []
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", text)
    assert "default-src 'none'" in text


def test_every_claim_has_its_section_with_its_verdict(text, records):
    for id, record in records.items():
        assert f'<article id="{id}" data-verdict="{record.verdict}"' in text


def test_no_latex_stands_among_the_words(text):
    assert raw_latex(r"<p>x_{1} <code>\pi</code> in <b>|\mathcal{S}|</b></p>") == [
        "x_{1} ",
        r"|\mathcal{S}|",
    ]
    assert raw_latex(text) == []


def test_it_stays_small(text):
    assert len(text.encode()) < 5e6


def test_five_findings_of_different_places_are_told(text):
    found = re.search(r'<ol class="findings">(.*?)</ol>', text, re.DOTALL)[1]
    places = re.findall(r"<li><a [^>]*>(.*?)</a>", found)
    assert len(places) == len(set(places)) == 5


def test_the_theorems_picture_shows_what_breaks_them(records):
    graph = graph_of(load_registry(), ["theorem-1", "theorem-2"])
    assert "eq-36" in graph
    assert {"eq-29", "lemma-b2", "prop-1"} <= set(graph)
    assert {records[id].transitive_verdict for id in graph if id in records} <= set(SIGNS)


def test_a_part_of_the_ledger_makes_a_page_too(records):
    one = {"eq-36-mean": records["eq-36-mean"]}
    assert "<p>1 claim.</p>" in page(load_registry(), one)


@pytest.fixture(scope="module")
def browse(tmp_path_factory):
    """(page, fragment, *options) -> its markup after its scripts ran, in a headless browser."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs a chromium on the path")
    folder = tmp_path_factory.mktemp("page")
    always = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]

    def run(page, fragment, *options):
        file = folder / "report.html"
        file.write_text(page, encoding="utf-8")
        command = [browser, *always, *options, "--enable-logging=stderr", "--dump-dom"]
        command.append(f"{file.as_uri()}{fragment}")
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
        assert "CONSOLE" not in done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def dom(text, browse):
    return lambda fragment: browse(text, fragment)


def visible(markup):
    return {
        id
        for id, rest in re.findall(r'<article id="([^"]+)"([^>]*)>', markup)
        if " hidden" not in rest
    }


def test_filters_show_what_they_say(dom, records):
    shown = visible(dom("#?verdict=refuted&severity=error"))
    assert shown == {id for id, record in records.items() if record.severity == "error"}
    found = visible(dom("#?text=eq-36-mean&verdict=refuted"))
    assert "eq-36-mean" in found
    assert all(records[id].verdict == "refuted" for id in found)


def test_a_link_to_a_claim_opens_it(dom):
    markup = dom("#eq-36-mean")
    article = markup[markup.index('<article id="eq-36-mean"') :]
    assert article[: article.index("</article>")].count("<details open") == 1


EXAMINE = """
<script>
for (const one of [...document.querySelectorAll("article details")].slice(0, 40)) one.open = true;
setTimeout(async () => { // after the page has noticed what is open
  const found = await axe.run({ resultTypes: ["violations"] });
  const said = document.createElement("pre");
  said.id = "axe";
  said.textContent = JSON.stringify(found.violations);
  document.body.append(said);
}, 1000);
</script>
"""


@pytest.fixture(scope="module")
def axe():
    """The script of axe-core, which looks for what keeps people out of a page."""
    path = os.environ.get("DCPG_AXE")
    if not path:
        pytest.skip("DCPG_AXE does not say where axe-core's axe.min.js is")
    return f"<script>{Path(path).read_text(encoding='utf-8')}</script>"


def serious(browse, page, *options):
    """What axe-core calls serious or critical, as (rule, first place)."""
    markup = browse(page, "", "--virtual-time-budget=100000", *options)
    said = re.search(r'<pre id="axe">(.*?)</pre>', markup, re.DOTALL)
    return [
        (found["id"], found["nodes"][0]["html"])
        for found in json.loads(html.unescape(said[1]))
        if found["impact"] in ("serious", "critical")
    ]


# A window is at least 500 pixels wide, which is a phone to the page's style.
@pytest.mark.parametrize("width", [500, 1280])
@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
def test_axe_finds_no_serious_problem(browse, text, axe, scheme, width):
    examined = text.replace("</body>", f"{axe}{EXAMINE}</body>")
    options = [f"--blink-settings=preferredColorScheme={scheme}", f"--window-size={width},900"]
    assert serious(browse, examined, *options) == []


def test_axe_finds_a_problem_that_is_there(browse, text, axe):
    examined = text.replace("</body>", f'<img src="data:,">{axe}{EXAMINE}</body>')
    assert ("image-alt", '<img src="data:,">') in serious(browse, examined)
