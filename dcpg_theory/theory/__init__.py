"""The formulas of the paper, each once, generic in the number type."""
