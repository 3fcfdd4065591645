"""All rules that chains of proof may use. What is trusted is listed here, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dcpg_theory.exact.form_rules import FORM_RULES
from dcpg_theory.exact.norm_rules import NORM_RULES
from dcpg_theory.exact.product_rules import PRODUCT_RULES
from dcpg_theory.exact.rules import RULES as ORDER_RULES
from dcpg_theory.exact.rules import Rule
from dcpg_theory.exact.smooth_rules import SMOOTH_RULES
from dcpg_theory.exact.sum_rules import SUM_RULES

__all__ = ["RULES"]

RULES: Mapping[str, Rule] = MappingProxyType(
    {**ORDER_RULES, **NORM_RULES, **PRODUCT_RULES, **SMOOTH_RULES, **SUM_RULES, **FORM_RULES}
)
