"""All rules that chains of proof may use. What is trusted is listed here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dcpg_theory.exact.form_rules import FORM_RULES
from dcpg_theory.exact.norm_rules import NORM_RULES
from dcpg_theory.exact.rules import RULES as ORDER_RULES
from dcpg_theory.exact.rules import Rule

__all__ = ["RULES"]

RULES: Mapping[str, Rule] = MappingProxyType({**ORDER_RULES, **NORM_RULES, **FORM_RULES})
