"""Two statements about softmax policy gradient on bandits, checked with dcpg_theory."""

CHAPTERS = ("softmax_bandits.claims",)
