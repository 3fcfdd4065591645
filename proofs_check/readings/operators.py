r"""The matrix expressions of Appendix B.5 as printed, read into the operator algebra.

A product such as ``\gamma_i e_{(s_0, a)}^T M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} M(\alpha) r``
becomes an `Operator`, in the printed order; a norm becomes the operator inside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.operators import Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains.derivative_bounds import any_vector
from proofs_check.chains.derivatives import AT_PAIR, AT_STATE, BOX, CONSTANTS, M, Pi, q, turn
from proofs_check.chains.mdp_operators import P, r
from proofs_check.symbols import own

__all__ = [
    "BOUND_BOX",
    "BOUND_NAMES",
    "MAX_OVER_U",
    "Norms",
    "Printed",
    "cleaned",
    "read_after",
    "read_derivative",
    "read_norms",
    "read_operator",
    "sides",
]

MAX_OVER_U = normalized(r"\max_{\|u\|_2=1}")

# A discount without index is the task's own: the lemma is about one task.
_DISCOUNTS = {r"\gamma": own, r"\gamma_i": own}
BOUND_NAMES: dict[str, Any] = {
    **_DISCOUNTS,
    **dict(zip(("C'", "C''", "C'''"), CONSTANTS, strict=True)),
}
BOUND_BOX = Box(**{name: BOX[name] for name in (str(own), *map(str, CONSTANTS))})


@dataclass(frozen=True)
class Printed:
    """An operator with the arithmetic that the reader of formulas uses; products compose."""

    operator: Operator

    def __add__(self, other: Printed) -> Printed:
        return Printed(self.operator + other.operator)

    def __sub__(self, other: Printed) -> Printed:
        return Printed(self.operator - other.operator)

    def __neg__(self) -> Printed:
        return Printed(-self.operator)

    def __mul__(self, other: Any) -> Printed:
        if isinstance(other, Printed):
            return Printed(self.operator @ other.operator)
        return Printed(other * self.operator)

    def __rmul__(self, scalar: Any) -> Printed:
        return Printed(scalar * self.operator)


def _d(what: str, order: int, argument: str = "") -> str:
    """Return the LaTeX of a derivative with respect to alpha."""
    power = f"^{order}" if order > 1 else ""
    return rf"\frac{{d{power}{what}{argument}}}{{d\alpha{power}}}"


def _names() -> dict[str, Any]:
    names: dict[str, Any] = {
        **_DISCOUNTS,
        "I": Printed(unit("SA")),
        r"\tilde{P}_i(\alpha)": Printed(P @ Pi),
        r"M(\alpha)": Printed(M),
        "r": Printed(r),
        "x": Printed(any_vector().vector),
        r"e_{(s_0, a_0)}^T": Printed(AT_PAIR),
        r"e_{(s_0, a)}^T": Printed(AT_PAIR),
        r"\sum_a \pi_\alpha(a|s_0)": Printed(AT_STATE @ Pi),
        r"Q^\alpha(s_0, a)": Printed(q(0)),
        r"Q_i^\alpha(s_0, a)": Printed(q(0)),
    }
    for k in (1, 2, 3):
        names[_d(r"\tilde{P}_i", k, r"(\alpha)")] = Printed(P @ turn(k))
        names[r"\sum_a " + _d(r"\pi_\alpha", k, "(a|s_0)")] = Printed(AT_STATE @ turn(k))
        names[_d(r"Q_i^\alpha", k, "(s_0, a)")] = Printed(q(k))
    return names


_NAMES = _names()


def cleaned(latex: str) -> str:
    r"""Return normalized LaTeX without the alignment marks ``&`` and ``\\``."""
    return normalized(latex).replace(r"\\", "").replace("&", "")


def sides(latex: str, relation: str) -> tuple[str, str]:
    """Return what stands left and right of the first relation sign."""
    left, sign, right = normalized(latex).partition(normalized(relation))
    if not sign:
        raise InvalidInput(f"no {relation} in {latex!r}")
    return cleaned(left), cleaned(right)


def read_operator(latex: str) -> Operator:
    """Return a printed matrix expression as an operator."""
    value = parse(cleaned(latex), _NAMES)
    if not isinstance(value, Printed):
        raise InvalidInput(f"{latex!r} is a number, not an operator")
    return value.operator


def _derivative_names() -> dict[str, tuple[str, int]]:
    """Return how derivatives of Q and V are printed, and which they are."""
    names: dict[str, tuple[str, int]] = {normalized(r"\tilde{V}_i(\alpha)"): ("V", 0)}
    for k in (1, 2, 3):
        names[normalized(_d(r"\tilde{V}_i", k, r"(\alpha)"))] = ("V", k)
        for pair in ("(s_0, a)", "(s_0, a_0)"):
            plain = _d(r"Q^\alpha", k, pair)
            names[normalized(plain)] = ("Q", k)
            names[normalized(plain.replace(rf"{{d\alpha^{k}}}", rf"{{(d\alpha)^{k}}}"))] = ("Q", k)
    return names


_DERIVATIVES = _derivative_names()
_AT_ZERO = r"|_{\alpha=0}"


def read_derivative(latex: str, *, of: str, largest: bool = False) -> int:
    r"""Return the order of a printed derivative of Q or V.

    Parameters
    ----------
    latex : str
    of : str
        Q or V.
    largest : bool
        Whether its largest absolute value over u is printed, at alpha = 0.

    Raises
    ------
    InvalidInput
        If something else is printed.
    """
    text = cleaned(latex)
    inner = text
    if largest:
        begins, ends = (
            f"{MAX_OVER_U}|",
            next((end for end in (f"{_AT_ZERO}|", _AT_ZERO) if text.endswith(end)), "?"),
        )
        if not (text.startswith(begins) and text.endswith(ends)):
            raise InvalidInput(f"{latex!r} must be a maximum over u, at alpha = 0")
        inner = text[len(begins) : -len(ends)]
    name, order = _DERIVATIVES.get(inner, ("", 0))
    if name != of:
        raise InvalidInput(f"{latex!r} must be a derivative of {of}")
    return order


def read_after(latex: str, left: str) -> str:
    """Return what follows a left side, which must be printed exactly so.

    Raises
    ------
    InvalidInput
        If something else stands there.
    """
    text, expected = cleaned(latex), cleaned(left)
    if not text.startswith(expected):
        raise InvalidInput(f"{latex!r} must begin with {left!r}")
    return text.removeprefix(expected)


@dataclass(frozen=True)
class Norms:
    """A printed sum of norms: what is inside each, and the sum as a function of their values."""

    inside: tuple[Operator, ...]
    total: RationalFunction
    maximised: bool

    def factors(self) -> tuple[RationalFunction, ...]:
        """Return what each norm is multiplied with."""
        return tuple(self.total.derivative(f"nu_{k}") for k in range(len(self.inside)))

    def at(self, values: Any) -> Any:
        """Return the sum for given values of the norms."""
        point = {f"nu_{k}": value for k, value in enumerate(values)}
        names = self.total.free_names() - set(point)
        return self.total.evaluate({**{n: symbols(n)[0] for n in names}, **point})


_NORM = re.compile(r"\\\|(.*?)\\\|_(?:\\infty|\{\\infty\})")


def read_norms(latex: str) -> Norms:
    r"""Return a sum of maximum norms; it is maximised if each stands behind its own max over u.

    Raises
    ------
    InvalidInput
        If some norms are maximised and others are not.
    """
    text = cleaned(latex)
    maxima = text.count(MAX_OVER_U)
    text = text.replace(MAX_OVER_U, "")
    found = _NORM.findall(text)
    if not found or maxima not in (0, len(found)):
        raise InvalidInput(f"{latex!r} must be a sum of norms, all maximised over u or none")
    names: dict[str, Any] = dict(_DISCOUNTS)
    for k, inner in enumerate(found):
        names[rf"\|{inner}\|_{{\infty}}"] = names[rf"\|{inner}\|_\infty"] = symbols(f"nu_{k}")[0]
    inside = tuple(read_operator(inner) for inner in found)
    return Norms(inside, parse(text, names), maxima > 0)
