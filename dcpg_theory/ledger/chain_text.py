"""A chain of proof as a person would write it: what each line says, and what it rests on.

The lines are the ones that `verify_chain` checked; nothing here is typed in. A line that a link
stands on is cited by its number, with what it is multiplied by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from dcpg_theory.exact.chains import (
    Chain,
    Differential,
    Hypothesis,
    Line,
    Multiple,
    RuleUse,
    Smooth,
    facts_of,
)
from dcpg_theory.exact.operators import Atom, Operator
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rules import Fact

__all__ = ["chain_lines", "fact_text", "operator_text", "scalar_text"]

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ",
}  # fmt: skip
_NAME = re.compile(r"(?<![A-Za-z])(?:" + "|".join(_GREEK) + r")(?![A-Za-z])")
_SIGNS = {"<=": "≤", "<": "<", "=": "="}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONGEST = 360


def chain_lines(chain: Chain) -> Iterator[str]:
    """Yield the lines of a chain, one string for each, unwrapped.

    Parameters
    ----------
    chain : Chain
        One that is verified: its facts are computed again by its rules.
    """
    facts = facts_of(chain)
    numbers: dict[str, str] = {}
    for number, line in enumerate(chain.lines, start=1):
        made = _made(line, facts)
        for name in made:
            numbers[name] = _cited(name, line.name, number, len(made))
        numbers.setdefault(line.name, str(number))
        yield f"({number}) {_told(line, made, numbers)}"


def _made(line: Line, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Return the facts that a line states or makes."""
    if isinstance(line, RuleUse):
        names = [name for name in facts if name == line.name or name.startswith(f"{line.name}/")]
        return {name: facts[name] for name in names}
    return {line.name: facts[line.name]} if line.name in facts else {}


def _cited(name: str, line: str, number: int, of: int) -> str:
    suffix = name.removeprefix(line).lstrip("/")
    return f"{number}, {suffix}" if suffix and of > 1 else str(number)


def _told(line: Line, made: Mapping[str, Fact], numbers: Mapping[str, str]) -> str:
    said = "; ".join(_stated(fact, name, line, len(made)) for name, fact in made.items())
    if isinstance(line, Hypothesis):
        return f"Given: {said}  [{line.words}]"
    if isinstance(line, Differential):
        return (
            f"Given: d{_symbols(line.atom.name)} = {operator_text(line.derivative)}  [{line.words}]"
        )
    if isinstance(line, Smooth):
        constant = operator_text(line.constant)
        return f"Given: ∇{_symbols(line.function)} is Lipschitz with {constant}  [{line.words}]"
    if isinstance(line, RuleUse):
        used = _used(line.arguments, numbers)
        return f"By {line.rule}{f' from {used}' if used else ''}: {said}"
    because = " + ".join(_multiple(one, numbers) for one in line.because).replace("+ −", "− ")
    words = f"  [{_symbols(line.words)}]" if line.words else ""
    return f"So {said}{words}, by {because}" if because else f"So {said}{words}, by expansion"


def _stated(fact: Fact, name: str, line: Line, of: int) -> str:
    text = fact_text(fact)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST].rsplit(' ', 1)[0]} … ({len(text)} characters)"
    suffix = name.removeprefix(line.name).lstrip("/")
    return f"{suffix}: {text}" if of > 1 and suffix else text


def _used(arguments: Mapping[str, Any], numbers: Mapping[str, str]) -> str:
    """Return the numbers of the facts that a rule is handed by name."""
    given = [
        one
        for value in arguments.values()
        for one in (value if isinstance(value, tuple | list) else (value,))
    ]
    named = [f"({numbers[one]})" for one in given if isinstance(one, str) and one in numbers]
    return ", ".join(dict.fromkeys(named))


def _multiple(one: Multiple, numbers: Mapping[str, str]) -> str:
    cited = f"({numbers[one.fact]})"
    before, after = _factor(one.before), _factor(one.after)
    if before == "−1":
        before, cited = "", f"−{cited}"
    return " ".join(part for part in (before, cited, after) if part)


def _factor(operator: Operator | None) -> str:
    """Return a multiplier, in brackets where it is a sum; the identity is not written."""
    if operator is None:
        return ""
    text = operator_text(operator)
    if text == "1":
        return ""
    return f"[{text}]" if len(operator.terms) > 1 else text


def fact_text(fact: Fact) -> str:
    """Return a fact with the signs of mathematics, as in ``‖e[k]‖ ≤ α D/(1 − σ_2)``."""
    left, right = operator_text(fact.left), operator_text(fact.right)
    return f"{left} {_SIGNS[fact.relation]} {right}"


def operator_text(operator: Operator) -> str:
    """Return a linear combination of words, what is added first."""
    terms = [_term(word, factor) for word, factor in sorted(operator.terms.items())]
    terms.sort(key=lambda term: term.startswith("−"))
    return " + ".join(terms).replace(" + −", " − ") or "0"


def _term(word: tuple[Atom, ...], factor: RationalFunction) -> str:
    letters = " ".join(_atom(atom) for atom in word)
    scalar = scalar_text(factor)
    if not letters:
        return scalar
    if scalar in ("1", "−1"):
        return scalar.removesuffix("1") + letters
    loose = re.search(r" [+−] ", scalar) and not scalar.startswith("(")
    return f"({scalar}) {letters}" if loose else f"{scalar} {letters}"


def _atom(atom: Atom) -> str:
    made = atom.derived
    if made is None:
        return _symbols(atom.name)
    inner = operator_text(made.of)
    if made.kind == "norm":
        return f"‖{inner}‖"
    if made.kind == "transpose":
        return f"{inner}ᵀ" if " " not in inner else f"({inner})ᵀ"
    if made.kind == "value":
        return f"{_symbols(made.label)}({inner})"
    if made.kind == "gradient":
        return f"∇{_symbols(made.label)}({inner})"
    if made.kind == "sum":
        shown = inner.replace(f"<{made.label}>", f"[{made.label}]")
        return f"Σ_{made.label} ({shown})"
    return _symbols(atom.name)


def _symbols(name: str) -> str:
    return _NAME.sub(lambda found: _GREEK[found[0]], name)


def scalar_text(value: RationalFunction) -> str:
    """Return a rational function with whole coefficients and without signs in front below."""
    above, below = _polynomial(value.numerator), _polynomial(value.denominator)
    scale = lcm(*(c.denominator for c in (*above.values(), *below.values())))
    above = {k: c * scale for k, c in above.items()}
    below = {k: c * scale for k, c in below.items()}
    common = gcd(*(int(c) for c in (*above.values(), *below.values()))) or 1
    least = min(below, key=sum)
    common = -common if below[least] < 0 else common
    names = value.names
    top = _sum({k: c / common for k, c in above.items()}, names)
    bottom = _sum({k: c / common for k, c in below.items()}, names)
    if bottom == "1":
        return top
    negative = top.startswith("−") and len(above) == 1
    top = top.removeprefix("−") if negative else top
    top = f"({top})" if len(above) > 1 else top
    bottom = f"({bottom})" if len(below) > 1 or " " in bottom else bottom
    return f"{'−' if negative else ''}{top}/{bottom}"


def _polynomial(polynomial: Any) -> dict[tuple[int, ...], Fraction]:
    return {
        tuple(map(int, powers)): Fraction(int(c.p), int(c.q))
        for powers, c in polynomial.to_dict().items()
    } or {(): Fraction(0)}


def _sum(terms: Mapping[tuple[int, ...], Fraction], names: tuple[str, ...]) -> str:
    shown = []
    for powers, factor in sorted(terms.items(), key=lambda item: (sum(item[0]), item[0])):
        letters = " ".join(
            _symbols(name) + (str(power).translate(_RAISED) if power > 1 else "")
            for name, power in zip(names, powers, strict=False)
            if power
        )
        size = str(abs(factor)) if abs(factor) != 1 or not letters else ""
        shown.append(("−" if factor < 0 else "") + " ".join(filter(None, (size, letters))))
    shown.sort(key=lambda term: term.startswith("−"))
    return " + ".join(shown).replace(" + −", " − ")
