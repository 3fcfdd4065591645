"""Formulas of docstrings as MathML: the usual renderer loads a script from elsewhere."""

from __future__ import annotations

from typing import Any, NoReturn

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from dcpg_theory.formulas import mathml


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    return {"parallel_read_safe": True, "version": "1"}


def _inline(translator: HTML5Translator, node: nodes.Element) -> NoReturn:
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def _display(translator: HTML5Translator, node: nodes.Element) -> NoReturn:
    translator.body.append(f'<div class="math">{mathml(node.astext())}</div>')
    raise nodes.SkipNode
