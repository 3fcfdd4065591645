"""Claims, the registry that finds them, and the runner that judges them."""

from dcpg_theory.ledger.claims import (
    Claim,
    Control,
    Fault,
    Kind,
    Origin,
    Severity,
    claim,
    ingredient,
    misprint,
    unsettled,
)
from dcpg_theory.ledger.narrate import narrate
from dcpg_theory.ledger.records import Record
from dcpg_theory.ledger.registry import Registry, load_registry
from dcpg_theory.ledger.runner import judge, run_claims

__all__ = [
    "Claim",
    "Control",
    "Fault",
    "Kind",
    "Origin",
    "Record",
    "Registry",
    "Severity",
    "claim",
    "ingredient",
    "judge",
    "load_registry",
    "misprint",
    "narrate",
    "run_claims",
    "unsettled",
]
