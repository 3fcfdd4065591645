"""Worst-case search: how tight a bound is, and where it breaks."""

from dcpg_theory.search.draws import one_of_these, whole_numbers
from dcpg_theory.search.instances import Instance, load_instance, save_instance
from dcpg_theory.search.searching import Budget, Found, certified_ratio, one_round, rounds
from dcpg_theory.search.targets import Target, find_target, load_targets, unsearched

__all__ = [
    "Budget",
    "Found",
    "Instance",
    "Target",
    "certified_ratio",
    "find_target",
    "load_instance",
    "load_targets",
    "one_of_these",
    "one_round",
    "rounds",
    "save_instance",
    "unsearched",
    "whole_numbers",
]
