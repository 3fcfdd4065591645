"""Four float64 side by side: a vector type for compiled kernels.

A kernel that works on four equal problems at once reads like the kernel for one: `load` takes entry
i of an array of shape (n, 4) as one vector, `store` writes one, and +, -, * and / act lane by lane.
Left to itself the compiler finds such vectors only in code that is written out lane by lane.

Of an array of shape (n,) `load` takes, and `store` writes, a plain float64, and `constant`, `take`,
`modulus` and `larger` follow suit: a kernel that uses nothing else serves four problems and one.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

__all__ = ["LANES", "constant", "larger", "load", "modulus", "spread", "store", "take"]

LANES = 4
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_ALIGNMENT = 8  # what numpy promises for float64
_FUSED = ("contract", "nsz", "arcp")


class _Lanes(types.Type):
    """The type of a vector inside a kernel."""

    def __init__(self) -> None:
        super().__init__(name=f"Lanes({LANES})")


_LANES = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: Any) -> None:
        super().__init__(manager, lanes, _VECTOR)  # type: ignore[no-untyped-call]


def _entry(array: Any) -> Any:
    """Return the type of an array's entries."""
    return types.float64 if array.ndim == 1 else _LANES


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Return the address of entry i of an array of numbers or vectors."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    if signature.args[0].ndim == 1:
        return cgutils.gep(builder, array.data, arguments[1])  # type: ignore[no-untyped-call]
    lanes = context.get_constant(types.uint64, LANES)
    index = builder.mul(arguments[1], lanes)
    place = cgutils.gep(builder, array.data, index)  # type: ignore[no-untyped-call]
    return builder.bitcast(place, _VECTOR.as_pointer())


def _load(_context: Any, array: Any, _index: Any) -> Any:
    """Return entry `index`, unsigned, of a contiguous array of shape (n, LANES) or (n,)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature, arguments), align=_ALIGNMENT)

    return _entry(array)(array, types.uint64), generate


def _store(_context: Any, array: Any, _index: Any, _value: Any) -> Any:
    """Write entry `index`, unsigned, of a contiguous array of shape (n, LANES) or (n,)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        builder.store(arguments[2], place, align=_ALIGNMENT)
        return context.get_dummy_value()

    return types.void(array, types.uint64, _entry(array)), generate


def _spread(_context: Any, _number: Any) -> Any:
    """Return a vector that holds one number in all lanes."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return _filled(builder, arguments[0])

    return _LANES(types.float64), generate


def _constant(_context: Any, array: Any, _number: Any) -> Any:
    """Return a number as an entry of an array: in all lanes, or as it is."""
    scalar = array.ndim == 1

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return arguments[1] if scalar else _filled(builder, arguments[1])

    return _entry(array)(array, types.float64), generate


def _take(_context: Any, array: Any, _index: Any, like: Any) -> Any:
    """Return entry `index` of an array as one of another: a plain number goes into all lanes."""
    shared = array.ndim == 1 and like.ndim == 2

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        entry = builder.load(_place(context, builder, signature, arguments), align=_ALIGNMENT)
        return _filled(builder, entry) if shared else entry

    return _entry(like)(array, types.uint64, like), generate


def _filled(builder: Any, number: Any) -> Any:
    vector = ir.Constant(_VECTOR, ir.Undefined)
    for lane in range(LANES):
        vector = builder.insert_element(vector, number, ir.IntType(32)(lane))
    return vector


def _modulus(_context: Any, entry: Any) -> Any:
    """Return the modulus of a number, or of each lane."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        (number,) = arguments
        negated = builder.fneg(number)
        return builder.select(builder.fcmp_ordered(">", number, negated), number, negated)

    return entry(entry), generate


def _larger(_context: Any, left: Any, _right: Any) -> Any:
    """Return the larger of two numbers, or of each two lanes; without order, the second."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *arguments), *arguments)

    return left(left, left), generate


load: Any = intrinsic(_load)
store: Any = intrinsic(_store)
spread: Any = intrinsic(_spread)
constant: Any = intrinsic(_constant)
take: Any = intrinsic(_take)
modulus: Any = intrinsic(_modulus)
larger: Any = intrinsic(_larger)


def _lanewise(name: str) -> Any:
    def operation(_context: Any, _left: Any, _right: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return getattr(builder, name)(*arguments, flags=_FUSED)

        return _LANES(_LANES, _LANES), generate

    return intrinsic(operation)


def _define(symbol: Any, name: str) -> None:
    operation = _lanewise(name)

    @overload(symbol)
    def implementation(left: Any, right: Any) -> Any:
        if isinstance(left, _Lanes) and isinstance(right, _Lanes):

            def act(left: Any, right: Any) -> Any:
                return operation(left, right)

            return act
        return None


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
_define(operator.truediv, "fdiv")
