"""Searches for the worst case of the paper's inequalities; see `dcpg_theory.search`."""
