"""Readers of printed statements: what the symbols of a display stand for."""
