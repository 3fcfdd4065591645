"""Attacks on chains of proof: variants that must not verify.

A chain from which a line is left out, or in which a relation is made stronger, claims more than was
proved. If such a variant still verifies, the line was not needed or the relation is too weak, and
the chain's author should know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.chains import Chain, verify_chain
from dcpg_theory.exact.lines import Line, Link

__all__ = ["mutants", "surviving"]

_STRONGER = {"<=": ("<", "="), "<": (), "=": ()}


def mutants(chain: Chain) -> Iterator[tuple[str, Chain]]:
    """Yield variants of a chain, each with what was done to it.

    Every line is left out once, hypotheses and differentials included; every link's relation is
    made stronger in each way (and with it the conclusion, where the link is the conclusion); and
    every link that holds at one point is said to hold everywhere.
    """
    for index, line in enumerate(chain.lines):
        rest = chain.lines[:index] + chain.lines[index + 1 :]
        yield f"without {line.name}", replace(chain, lines=rest)
        if isinstance(line, Link):
            for relation in _STRONGER[line.fact.relation]:
                stronger = replace(line, fact=replace(line.fact, relation=relation))
                yield f"{line.name} with {relation}", _exchanged(chain, index, stronger)
            if line.fact.pointwise:
                everywhere = replace(line, fact=replace(line.fact, pointwise=False))
                yield f"{line.name} everywhere", _exchanged(chain, index, everywhere)


def _exchanged(chain: Chain, index: int, line: Link) -> Chain:
    lines: tuple[Line, ...] = (*chain.lines[:index], line, *chain.lines[index + 1 :])
    concludes = chain.lines[index] == Link(line.name, chain.conclusion, line.because, line.words)
    return replace(chain, lines=lines, conclusion=line.fact if concludes else chain.conclusion)


def surviving(chain: Chain) -> tuple[str, ...]:
    """Return the mutants that still verify, except for lines that are reported as unused.

    Raises
    ------
    CertificateRejected
        If the chain itself does not verify.
    """
    harmless = {f"without {name}" for name in verify_chain(chain).unused}
    return tuple(
        what for what, mutant in mutants(chain) if what not in harmless and _verifies(mutant)
    )


def _verifies(chain: Chain) -> bool:
    try:
        verify_chain(chain)
    except CertificateRejected:
        return False
    return True
