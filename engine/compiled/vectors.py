"""Vectors of float32 as values inside numba kernels.

LLVM turns a loop over channels into vector instructions, but not a loop over time inside which the
potentials of many channels should stay in registers: it reads and writes them at every step, and
checks at every step that no arrays overlap. With a type for "64 float32 at once" a kernel says what
it means: `load` it, `add` to it, keep it over a loop. Measured on IF neurons at T = 63, AVX-512:
0.17 ns a neuron and step, 1.2 to 2 ns for plain loops.

A vector of any of `LANES` is made by `zeros`; the others take their size from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.extending import models, register_model

# numba's own annotation does not know that the typing context is left out of a call
intrinsic: Any = extending.intrinsic
literal_intrinsic: Any = extending.intrinsic(prefer_literal=True)

LANES = (16, 32, 64)  # LLVM makes poor code of sizes that are no power of two
WIDEST = max(LANES)
Pointer = Any  # in kernels: see `pointer`
FLOAT = ir.FloatType()


class Vector(types.Type):
    """The numba type of ``lanes`` float32."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"float32x{lanes}")


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    """A vector is an LLVM vector, in registers where there are enough."""

    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, ir.VectorType(FLOAT, kind.lanes))


def _constant(kind: Vector, value: float) -> ir.Constant:
    return ir.Constant(ir.VectorType(FLOAT, kind.lanes), [value] * kind.lanes)


def _data(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Where the numbers of a contiguous array begin, or a pointer as it is."""
    if isinstance(kind, types.CPointer):
        return value
    return context.make_array(kind)(context, builder, value).data


def _address(builder: Any, data: Any, index: Any, lanes: int, item: Any = FLOAT) -> Any:
    """Address of the ``lanes`` numbers from ``data[index]`` on."""
    target = ir.VectorType(item, lanes).as_pointer()
    return builder.bitcast(builder.gep(data, [index]), target)


@intrinsic
def pointer(typing: Any, array: Any) -> Any:
    """Where the numbers of a contiguous array begin: of an *argument*, which its caller keeps.

    numba counts the references to an array in every tuple that holds it, which costs more than a
    kernel's innermost loops; tuples of pointers cost nothing.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _data(context, builder, signature.args[0], args[0])

    return types.CPointer(array.dtype)(array), code


@literal_intrinsic
def zeros(typing: Any, lanes: Any) -> Any:
    """A vector of ``lanes`` zeros; the compiler must know the number, which is one of `LANES`."""
    kind = Vector(lanes.literal_value)
    return kind(lanes), lambda context, builder, signature, args: _constant(kind, 0.0)


@intrinsic
def lanes_of(typing: Any, like: Any) -> Any:
    """How many numbers are in ``like``: a constant of the compiled code."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_constant(types.int64, like.lanes)

    return types.int64(like), code


@intrinsic
def load(typing: Any, like: Any, source: Any, index: Any) -> Any:
    """The values ``source[index]`` and on, of float32 or int16, as many as ``like`` has.

    ``source`` is a contiguous array or a pointer.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes, short = like.lanes, ir.IntType(16)
        data = _data(context, builder, signature.args[1], args[1])
        if source.dtype == types.float32:
            return builder.load(_address(builder, data, args[2], lanes), align=4)
        place = _address(builder, data, args[2], lanes, short)
        whole = builder.sext(builder.load(place, align=2), ir.VectorType(ir.IntType(32), lanes))
        return builder.sitofp(whole, ir.VectorType(FLOAT, lanes))

    return like(like, source, types.int64), code


@intrinsic
def in_units(typing: Any, value: Any, source: Any, unit: Any) -> Any:
    """``value`` times ``unit`` where ``source`` holds int16; as it is where it holds float32."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if source.dtype == types.float32:
            return args[0]
        first = builder.insert_element(_constant(value, 0.0), args[2], ir.IntType(32)(0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), value.lanes), [0] * value.lanes)
        return builder.fmul(args[0], builder.shuffle_vector(first, first, mask))

    return value(value, source, types.float32), code


@intrinsic
def store(typing: Any, target: Any, index: Any, value: Any) -> Any:
    """Write ``value`` to ``target[index]`` and on, of a contiguous array or a pointer."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = _data(context, builder, signature.args[0], args[0])
        builder.store(args[2], _address(builder, data, args[1], value.lanes), align=4)
        return context.get_dummy_value()

    return types.void(target, types.int64, value), code


def _pairwise(make: Callable[[Any, Vector, Any, Any], Any], text: str) -> Any:
    """An operation of two vectors of one size."""

    def operation(typing: Any, a: Any, b: Any) -> Any:
        return a(a, a), lambda context, builder, signature, args: make(builder, a, *args)

    operation.__doc__ = text
    return intrinsic(operation)


add = _pairwise(lambda builder, kind, a, b: builder.fadd(a, b), "Return a + b.")
subtract = _pairwise(lambda builder, kind, a, b: builder.fsub(a, b), "Return a - b.")
larger = _pairwise(
    lambda builder, kind, a, b: builder.select(builder.fcmp_ordered(">", b, a), b, a),
    "Return b where it is larger, a elsewhere.",
)


def _either(builder: Any, kind: Vector, a: Any, b: Any) -> Any:
    bits = ir.VectorType(ir.IntType(32), kind.lanes)
    both = builder.or_(builder.bitcast(a, bits), builder.bitcast(b, bits))
    return builder.bitcast(both, ir.VectorType(FLOAT, kind.lanes))


either = _pairwise(_either, "1 where a or b is 1, of vectors of 0 and 1.")


@intrinsic
def spikes_of(typing: Any, u: Any) -> Any:
    """1 where u >= 1, 0 elsewhere."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        one = _constant(u, 1.0)
        return builder.select(builder.fcmp_ordered(">=", args[0], one), one, _constant(u, 0.0))

    return u(u), code


@intrinsic
def silenced(typing: Any, u: Any) -> Any:
    """0 where u >= 1, u elsewhere: the potential after a hard reset."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        fired = builder.fcmp_ordered(">=", args[0], _constant(u, 1.0))
        return builder.select(fired, _constant(u, 0.0), args[0])

    return u(u), code


@intrinsic
def where_larger(typing: Any, a: Any, b: Any, x: Any, y: Any) -> Any:
    """Return x where a > b, y elsewhere."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[0], args[1]), args[2], args[3])

    return a(a, a, a, a), code
