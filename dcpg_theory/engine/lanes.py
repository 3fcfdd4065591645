"""Four float64 side by side: a vector type for compiled kernels.

A kernel that works on four equal problems at once reads like the kernel for one: `load` takes entry
i of an array of shape (n, 4) as one vector, `store` writes one, and +, -, * and / act lane by lane.
Left to itself the compiler finds such vectors only in code that is written out lane by lane.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

__all__ = ["LANES", "load", "spread", "store"]

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


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Return the address of entry i of an array of vectors."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    lanes = context.get_constant(types.uint64, LANES)
    index = builder.mul(arguments[1], lanes)
    place = cgutils.gep(builder, array.data, index)  # type: ignore[no-untyped-call]
    return builder.bitcast(place, _VECTOR.as_pointer())


def _load(_context: Any, array: Any, _index: Any) -> Any:
    """Return entry `index`, unsigned, of a contiguous array of shape (n, LANES)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature, arguments), align=_ALIGNMENT)

    return _LANES(array, types.uint64), generate


def _store(_context: Any, array: Any, _index: Any, _value: Any) -> Any:
    """Write entry `index`, unsigned, of a contiguous array of shape (n, LANES)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        builder.store(arguments[2], place, align=_ALIGNMENT)
        return context.get_dummy_value()

    return types.void(array, types.uint64, _LANES), generate


def _spread(_context: Any, _number: Any) -> Any:
    """Return a vector that holds one number in all lanes."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        vector = ir.Constant(_VECTOR, ir.Undefined)
        for lane in range(LANES):
            vector = builder.insert_element(vector, arguments[0], ir.IntType(32)(lane))
        return vector

    return _LANES(types.float64), generate


load: Any = intrinsic(_load)
store: Any = intrinsic(_store)
spread: Any = intrinsic(_spread)


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
