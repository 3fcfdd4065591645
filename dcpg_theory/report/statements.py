"""The report's name for `dcpg_theory.formulas`."""

from __future__ import annotations

from dcpg_theory.formulas import Segment, as_html, mathml, segments

__all__ = ["Segment", "as_html", "mathml", "segments"]
