"""The libraries of the extra ``drone``: imported on first use, with one clear line when absent."""

from __future__ import annotations

import importlib
from types import ModuleType

from dcpg_theory.errors import InvalidInput

__all__ = ["require"]

INSTALL = "python3 run.py drone ..., or pip install 'dcpg-theory[drone]'"


def require(module: str, purpose: str) -> ModuleType:
    """Import a module of the extra.

    Parameters
    ----------
    module : str
        Its dotted name.
    purpose : str
        What it is needed for; stands in the message.

    Raises
    ------
    InvalidInput
        If the module is not installed, or is and cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        raise InvalidInput(
            f"{purpose} needs {missing}, which is not installed: {INSTALL}"
        ) from error
    except ImportError as error:
        raise InvalidInput(f"{purpose} needs {module}, which cannot be loaded: {error}") from error
