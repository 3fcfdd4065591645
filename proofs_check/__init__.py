"""The paper, chapter by chapter: claims beside their checks and derivations."""
