"""A chapter run alone: its claims and what was found, as plain text."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from dcpg_theory.ledger.claims import collected
from dcpg_theory.ledger.runner import judge

__all__ = ["narrate"]


def narrate(namespace: Mapping[str, Any], out: TextIO | None = None) -> None:
    """Judge the claims of a module's namespace and print statement, derivation and verdict."""
    stream = out or sys.stdout
    print(inspect.cleandoc(namespace.get("__doc__") or ""), file=stream)
    for member in collected(namespace):
        print(f"\n{member.id}  ({member.where})", file=stream)
        print(f"  {member.statement}", file=stream)
        if member.check is None:
            print(f"  judged by its parts: {', '.join(member.parts)}", file=stream)
            continue
        for line in inspect.cleandoc(member.check.__doc__ or "").splitlines():
            print(f"    {line}", file=stream)
        record = judge(member)
        print(f"  {record.verdict.upper()} ({record.scope}), {record.method}", file=stream)
        print(f"  {record.detail}", file=stream)
        if record.witness:
            shown = ", ".join(f"{key} = {value}" for key, value in record.witness.items())
            print(f"  witness: {shown}", file=stream)
