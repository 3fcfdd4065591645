"""The field Q(x_1, ..., x_n) of rational functions with rational coefficients.

An element is a reduced fraction of python-flint multivariate polynomials. Unlike a sympy expression
it has one normal form, so equality is decided, not guessed, and a 12x12 elimination takes a
fraction of a second. Elements of fields with different variables meet in the field of the union.

Examples
--------
>>> from fractions import Fraction
>>> gamma, p = symbols("gamma", "p")
>>> value = gamma * p / (1 - (1 - p) * gamma**2)
>>> value.evaluate({"gamma": Fraction(1, 2), "p": Fraction(1, 2)})
2/7
>>> value - value == 0
True
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import flint

from dcpg_theory.errors import InvalidInput

if TYPE_CHECKING:
    import sympy

__all__ = ["RationalFunction", "as_fmpq", "symbols"]


def as_fmpq(value: Any) -> flint.fmpq:
    """Return an int, Fraction, numpy integer or fmpq as an exact fmpq.

    Raises
    ------
    InvalidInput
        If the value is not an exact rational; floats are refused, since 0.1 is not 1/10.
    """
    if isinstance(value, flint.fmpq):
        return value
    if isinstance(value, bool | flint.fmpz):
        return flint.fmpq(int(value))
    if isinstance(value, numbers.Rational):
        return flint.fmpq(int(value.numerator), int(value.denominator))
    raise InvalidInput(f"{value!r} must be an exact rational (int, Fraction or fmpq)")


def symbols(*names: str) -> tuple[RationalFunction, ...]:
    """Return the generators of Q(names), one for each name.

    Raises
    ------
    InvalidInput
        If no name is given or a name occurs twice.
    """
    if not names or len(set(names)) != len(names):
        raise InvalidInput(f"names={names!r} must be one or more different names")
    context = _context(names)
    one = context.constant(1)
    by_name = dict(zip(context.names(), context.gens(), strict=True))
    return tuple(RationalFunction(by_name[name], one) for name in names)


def _context(names: Iterable[str]) -> Any:
    return flint.fmpq_mpoly_ctx.get(tuple(sorted(names)), flint.Ordering.degrevlex)


class RationalFunction:
    """A reduced fraction ``numerator / denominator`` with a monic denominator.

    Built with `symbols` and arithmetic; ints, Fractions and fmpq mix in freely, floats do not.
    """

    __slots__ = ("denominator", "numerator")

    numerator: Any
    denominator: Any

    def __init__(self, numerator: Any, denominator: Any) -> None:
        if denominator.is_zero():
            raise ZeroDivisionError("rational function with denominator 0")
        common = numerator.gcd(denominator)
        if not common.is_one():
            numerator, denominator = numerator / common, denominator / common
        lead = denominator.leading_coefficient()
        if lead != 1:
            numerator, denominator = numerator / lead, denominator / lead
        object.__setattr__(self, "numerator", numerator)
        object.__setattr__(self, "denominator", denominator)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a RationalFunction is immutable")

    @staticmethod
    def constant(value: Any, names: Iterable[str] = ()) -> RationalFunction:
        """Return a rational number as an element of Q(names)."""
        context = _context(names)
        return RationalFunction(context.constant(as_fmpq(value)), context.constant(1))

    @property
    def names(self) -> tuple[str, ...]:
        """The variables of the field this element was built in."""
        return tuple(self.numerator.context().names())

    def is_zero(self) -> bool:
        """Whether this is the zero of the field."""
        return bool(self.numerator.is_zero())

    def is_constant(self) -> bool:
        """Whether no variable occurs."""
        return bool(self.numerator.is_constant() and self.denominator.is_constant())

    def as_constant(self) -> flint.fmpq:
        """Return the rational number this element is.

        Raises
        ------
        InvalidInput
            If a variable occurs.
        """
        if not self.is_constant():
            raise InvalidInput(f"{self} is not a constant")
        return self.numerator.leading_coefficient() if not self.is_zero() else flint.fmpq(0)

    def free_names(self) -> frozenset[str]:
        """Return the variables that occur."""
        degrees = zip(self.names, self.numerator.degrees(), self.denominator.degrees(), strict=True)
        return frozenset(name for name, above, below in degrees if above > 0 or below > 0)

    def evaluate(self, point: Mapping[str, Any]) -> Any:
        """Return the value at a point, exactly, in the number type of the point.

        Parameters
        ----------
        point : mapping from names to int, Fraction, fmpq, arb or RationalFunction
            Must give every variable that occurs.

        Raises
        ------
        ZeroDivisionError
            If the denominator vanishes there.
        InvalidInput
            If a variable is missing.
        """
        missing = self.free_names() - set(point)
        if missing:
            raise InvalidInput(f"no value for {', '.join(sorted(missing))}")
        values = [_exact_or_ball(point[name]) if name in point else 0 for name in self.names]
        above, below = _evaluate(self.numerator, values), _evaluate(self.denominator, values)
        if below == 0:
            raise ZeroDivisionError(f"{self} has a pole at the point")
        return above / below

    def derivative(self, name: str) -> RationalFunction:
        """Return the partial derivative with respect to a variable (0 if it does not occur)."""
        if name not in self.names:
            return self - self
        above, below = self.numerator, self.denominator
        return RationalFunction(
            above.derivative(name) * below - above * below.derivative(name), below * below
        )

    def to_sympy(self) -> sympy.Expr:
        """Return the same expression for sympy, to state and print."""
        import sympy

        generators = [sympy.Symbol(name) for name in self.names]

        def expression(polynomial: Any) -> sympy.Expr:
            terms = []
            for exponents, coefficient in polynomial.to_dict().items():
                term = sympy.Rational(int(coefficient.p), int(coefficient.q))
                for generator, exponent in zip(generators, exponents, strict=True):
                    term *= generator ** int(exponent)
                terms.append(term)
            return sympy.Add(*terms)

        return expression(self.numerator) / expression(self.denominator)

    def _paired(self, other: Any) -> tuple[RationalFunction, RationalFunction] | None:
        if not isinstance(other, RationalFunction):
            if isinstance(other, float) or not _is_exact(other):
                return None
            context = self.numerator.context()
            return self, RationalFunction(context.constant(as_fmpq(other)), context.constant(1))
        if self.numerator.context() is other.numerator.context() or self.names == other.names:
            return self, other
        context = _context(set(self.names) | set(other.names))
        return self._moved(context), other._moved(context)

    def _moved(self, context: Any) -> RationalFunction:
        return RationalFunction(
            self.numerator.project_to_context(context), self.denominator.project_to_context(context)
        )

    def __add__(self, other: Any) -> RationalFunction:
        if (pair := self._paired(other)) is None:
            return NotImplemented
        a, b = pair
        return RationalFunction(
            a.numerator * b.denominator + b.numerator * a.denominator,
            a.denominator * b.denominator,
        )

    __radd__ = __add__

    def __neg__(self) -> RationalFunction:
        return RationalFunction(-self.numerator, self.denominator)

    def __pos__(self) -> RationalFunction:
        return self

    def __sub__(self, other: Any) -> RationalFunction:
        if (pair := self._paired(other)) is None:
            return NotImplemented
        return pair[0] + -pair[1]

    def __rsub__(self, other: Any) -> RationalFunction:
        if (pair := self._paired(other)) is None:
            return NotImplemented
        return pair[1] + -pair[0]

    def __mul__(self, other: Any) -> RationalFunction:
        if (pair := self._paired(other)) is None:
            return NotImplemented
        a, b = pair
        return RationalFunction(a.numerator * b.numerator, a.denominator * b.denominator)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> RationalFunction:
        if (pair := self._paired(other)) is None:
            return NotImplemented
        a, b = pair
        return RationalFunction(a.numerator * b.denominator, a.denominator * b.numerator)

    def __rtruediv__(self, other: Any) -> RationalFunction:
        if (pair := self._paired(other)) is None:
            return NotImplemented
        return pair[1] / pair[0]

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a RationalFunction is immutable")

    def __pow__(self, exponent: int) -> RationalFunction:
        if not isinstance(exponent, int):
            return NotImplemented
        if exponent < 0:
            return RationalFunction(self.denominator**-exponent, self.numerator**-exponent)
        return RationalFunction(self.numerator**exponent, self.denominator**exponent)

    def __eq__(self, other: object) -> bool:
        pair = self._paired(other)
        if pair is None:
            return NotImplemented
        a, b = pair
        return bool(a.numerator == b.numerator and a.denominator == b.denominator)

    def __hash__(self) -> int:
        if self.is_constant():
            return hash(self.as_constant())
        return hash(str(self))

    def __bool__(self) -> bool:
        return not self.is_zero()

    def __repr__(self) -> str:
        if self.denominator.is_one():
            return str(self.numerator)
        return f"({self.numerator})/({self.denominator})"


def _is_exact(value: object) -> bool:
    try:
        as_fmpq(value)
    except InvalidInput:
        return False
    return True


def _exact_or_ball(value: Any) -> Any:
    if isinstance(value, flint.arb | RationalFunction):
        return value
    return as_fmpq(value)


def _evaluate(polynomial: Any, values: list[Any]) -> Any:
    """Sum the terms: `fmpq_mpoly.__call__` takes rationals only, and points may be balls."""
    total: Any = flint.fmpq(0)
    for exponents, coefficient in polynomial.to_dict().items():
        term: Any = coefficient
        for value, exponent in zip(values, exponents, strict=True):
            if exponent:
                term = value ** int(exponent) * term
        total = term + total
    return total
