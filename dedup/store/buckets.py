"""A bucket of the index: sixteen slots of 8 bytes, which one or two vector instructions compare at once."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dedup._kernels.views import View

BUCKET_BITS = np.uint64(4)
BUCKET = np.uint64(1) << BUCKET_BITS  # slots
_SLOTS = ir.VectorType(ir.IntType(64), int(BUCKET))


@intrinsic
def slots_at(context, address, size):  # type: ignore[no-untyped-def]  # typed by numba
    """The `size` slots that begin at an address, both uint64."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
        slots = cgutils.create_struct_proxy(signature.return_type)(context, builder)
        slots.data = builder.inttoptr(arguments[0], slots.data.type)
        slots.rows = slots.width = arguments[1]
        return slots._getvalue()

    return View(types.uint64, 1)(types.uint64, types.uint64), code


@intrinsic
def with_tag(context, address, tag):  # type: ignore[no-untyped-def]  # typed by numba
    """A number with a bit for each slot of the bucket at `address`: whether its top half is `tag`, both uint64."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
        address, tag = arguments
        lanes = ir.Constant(_SLOTS, ir.Undefined)
        for lane in range(int(BUCKET)):
            lanes = builder.insert_element(lanes, tag, ir.Constant(ir.IntType(32), lane))
        tags = builder.lshr(_bucket(builder, address), ir.Constant(_SLOTS, [32] * int(BUCKET)))
        return _mask(builder, builder.icmp_unsigned("==", tags, lanes))

    return types.uint64(types.uint64, types.uint64), code


@intrinsic
def in_use(context, address):  # type: ignore[no-untyped-def]  # typed by numba
    """A number with a bit for each slot of the bucket at `address`, uint64: whether it is used."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
        return _mask(builder, builder.icmp_unsigned("!=", _bucket(builder, *arguments), ir.Constant(_SLOTS, None)))

    return types.uint64(types.uint64), code


def _bucket(builder: ir.IRBuilder, address: ir.Value) -> ir.Value:
    return builder.load(builder.inttoptr(address, _SLOTS.as_pointer()), align=8)


def _mask(builder: ir.IRBuilder, bits: ir.Value) -> ir.Value:
    return builder.zext(builder.bitcast(bits, ir.IntType(int(BUCKET))), ir.IntType(64))
