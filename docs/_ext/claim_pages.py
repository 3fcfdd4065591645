"""Pages of claims and the errata, made from the recorded ledger at every build.

Nothing is checked again here: a test of the suite holds the recorded ledger against a run. One page
for each section of the paper goes to ``claims/``, which is not committed; ``errata.md`` is, for
readers of the repository, and is read here with its formulas drawn.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sphinx.application import Sphinx
from sphinx.util import logging

from dcpg_theory.formulas import as_html, words_as_html
from dcpg_theory.ledger.claims import Claim
from dcpg_theory.ledger.recorded import read_recorded
from dcpg_theory.ledger.records import Record, summary
from dcpg_theory.ledger.registry import Registry, load_registry
from dcpg_theory.report.errata import errata, headings

FOLDER = "claims"
_LOGGER = logging.getLogger(__name__)
_SECTION = re.compile(r"(Section|Appendix) [A-C]?(\.?\d+)*")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", _write_pages)
    app.connect("source-read", _read_source)
    app.connect("env-get-outdated", lambda *_: ["claims", "errata"])
    return {"parallel_read_safe": True, "version": "1"}


def section_of(where: str) -> str:
    """Return the section of the paper that a claim belongs to.

    Examples
    --------
    >>> section_of("Fig. 1 and Section 2.2"), section_of("Appendix B.5, (81)")
    ('Section 2.2', 'Appendix B.5')
    """
    found = _SECTION.search(where)
    return found[0] if found else where.split(",")[0]


def slug(section: str) -> str:
    """Return the name of a section's page.

    Examples
    --------
    >>> slug("Appendix B.5")
    'appendix-b-5'
    """
    return re.sub(r"[^a-z0-9]+", "-", section.lower()).strip("-")


def recorded() -> tuple[Registry, dict[str, Record]]:
    """Return the claims and what was recorded of them, in the order of their chapters.

    A ledger that is out of step is warned of, which ends a build with ``-W``.
    """
    registry, entries = load_registry(), read_recorded()
    out_of_step = registry.keys() ^ entries.keys()
    if out_of_step:
        names = ", ".join(sorted(out_of_step))
        _LOGGER.warning("the recorded ledger and the claims differ, record it anew: %s", names)
    return registry, {id: Record(**entries[id]) for id in registry if id in entries}


def pages(registry: Registry, records: Mapping[str, Record]) -> dict[str, str]:
    """Return the source of each page of claims, by name, in the order of the paper."""
    found: dict[str, list[str]] = {}
    for id in records:
        found.setdefault(section_of(registry[id].where), []).append(id)
    sections = dict(sorted(found.items(), key=lambda item: ("Appendix" in item[0], item[0])))
    home = {id: slug(section) for section, ids in sections.items() for id in ids}
    template = _environment().get_template("claims.md.j2")
    return {
        slug(section): template.render(
            section=section,
            entries=[_entry(registry, records, id) for id in ids],
            counts=summary({id: records[id] for id in ids}),
            page_of=home,
        )
        for section, ids in sections.items()
    }


def errata_page(registry: Registry, records: Mapping[str, Record]) -> str:
    """Return the source of the errata with formulas."""
    found = errata(registry, records)
    groups = [
        (heading, [erratum for erratum in found if erratum.record.severity == severity])
        for severity, heading in headings().items()
    ]
    home = {id: slug(section_of(record.where)) for id, record in records.items()}
    template = _environment().get_template("errata.md.j2")
    return template.render(groups=[group for group in groups if group[1]], page_of=home)


def _environment() -> Environment:
    # The pages hold HTML inside MyST, so what comes from the ledger is escaped where it is put in.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "_templates"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["formula"] = lambda statement: _one_line(as_html(statement))
    environment.filters["words"] = lambda text: _one_line(words_as_html(text))
    return environment


def _one_line(text: str) -> str:
    """Return HTML without line ends, since an empty line would end the block it stands in."""
    return " ".join(text.split())


def _entry(registry: Registry, records: Mapping[str, Record], id: str) -> dict[str, Any]:
    member, record = registry[id], records[id]
    sharper = f"{id.removesuffix('-corrected')}-sharp"
    check = member.check
    return {
        "member": member,
        "record": record,
        "corrected": records.get(record.corrected_by) if record.corrected_by else None,
        "sharper": records.get(sharper) if sharper != id else None,
        "derivation": _derivation(member) if check is not None else "",
        "dependents": [other for other in registry.dependents(id) if other in records],
    }


def _derivation(member: Claim) -> str:
    text = inspect.cleandoc(member.check.__doc__ or "") if member.check is not None else ""
    return re.sub(r"\n\s*\n", "\n", text)


def _write_pages(app: Sphinx) -> None:
    registry, records = recorded()
    folder = Path(app.srcdir) / FOLDER
    folder.mkdir(exist_ok=True)
    written = pages(registry, records)
    for old in folder.glob("*.md"):
        if old.stem not in written:
            old.unlink()
    for name, source in written.items():
        target = folder / f"{name}.md"
        # An unchanged page keeps its time, so that Sphinx does not read it again.
        if not target.is_file() or target.read_text(encoding="utf-8") != source:
            target.write_text(source, encoding="utf-8")


def _read_source(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == "errata":
        source[0] = errata_page(*recorded())
    elif docname == "claims":
        names = "\n".join(f"{FOLDER}/{name}" for name in pages(*recorded()))
        source[0] = source[0].replace(f"{FOLDER}/*", names)
