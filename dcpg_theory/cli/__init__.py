"""The command ``dcpg``."""
