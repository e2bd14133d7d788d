"""Operations on machine words for kernels: load, store, count bits, compare vectors, prefetch, mix. All unsigned.

Hot loops index by uint64, because numba checks signed indices for wrapping, and converts the sum of a signed and an
unsigned number to float. This is the only module that uses numba's extension API.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dedup._kernels.jit import inline

ONE, TWO, THREE, FOUR, EIGHT = (np.uint64(number) for number in (1, 2, 3, 4, 8))
_SLOTS = ir.VectorType(ir.IntType(64), 16)


@inline
def load32(data, at):
    """The 4 bytes at `at` (uint64) as a little-endian uint32."""
    return np.uint32(
        np.uint32(data[at])
        | np.uint32(data[at + ONE]) << np.uint32(8)
        | np.uint32(data[at + TWO]) << np.uint32(16)
        | np.uint32(data[at + THREE]) << np.uint32(24)
    )


@inline
def load64(data, at):
    """The 8 bytes at `at` (uint64) as a little-endian uint64."""
    return np.uint64(load32(data, at)) | np.uint64(load32(data, at + FOUR)) << np.uint64(32)


@inline
def store64(data, at, word):
    """Write a uint64 to the 8 bytes at `at` (uint64), the lowest first."""
    for k in range(EIGHT):
        data[at + k] = np.uint8(word >> (k << THREE))


@intrinsic
def ones(context, word):
    """The number of set bits of a uint64, as uint64."""

    def code(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code


@intrinsic
def zeros_below(context, word):
    """The number of zeros below the lowest set bit of a nonzero uint64, as uint64."""

    def code(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), code


@intrinsic
def where64(context, data, at, byte):
    """A uint64 with a bit for each of the 64 bytes of `data` from `at` (uint64) on: whether it is `byte` (uint8)."""

    def code(context, builder, signature, arguments):
        place = _place(context, builder, signature, arguments)
        chunk = _load(builder, place, ir.VectorType(ir.IntType(8), 64), 1)
        return _mask(builder, builder.icmp_unsigned("==", chunk, _repeated(builder, arguments[2], chunk.type)))

    return types.uint64(data, types.uint64, types.uint8), code


@intrinsic
def tagged16(context, slots, at, tag):
    """A uint64 with a bit for each of 16 `slots` (uint64) from `at` (uint64) on: whether its top half is `tag`."""

    def code(context, builder, signature, arguments):
        bucket = _load(builder, _place(context, builder, signature, arguments), _SLOTS, 8)
        tags = builder.lshr(bucket, ir.Constant(_SLOTS, [32] * _SLOTS.count))
        return _mask(builder, builder.icmp_unsigned("==", tags, _repeated(builder, arguments[2], _SLOTS)))

    return types.uint64(slots, types.uint64, types.uint64), code


@intrinsic
def used16(context, slots, at):
    """A uint64 with a bit for each of 16 `slots` (uint64) from `at` (uint64) on: whether it is not zero."""

    def code(context, builder, signature, arguments):
        bucket = _load(builder, _place(context, builder, signature, arguments), _SLOTS, 8)
        return _mask(builder, builder.icmp_unsigned("!=", bucket, ir.Constant(_SLOTS, None)))

    return types.uint64(slots, types.uint64), code


@intrinsic
def prefetch(context, array, at):
    """Prefetch the cache line of item `at` (uint64) of a flat view of an array."""

    def code(context, builder, signature, arguments):
        place = builder.bitcast(_place(context, builder, signature, arguments), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
        # For reading, to the second cache level, data. The first level cannot have so many requests in flight, and
        # drops some of them.
        builder.call(function, [place, number(0), number(2), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.uint64), code


def _place(context, builder, signature, arguments):
    """The address of an item, given an array and an index as the first two arguments of an intrinsic."""
    data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
    return builder.gep(data, [arguments[1]])


def _load(builder, place, vector, align):
    return builder.load(builder.bitcast(place, vector.as_pointer()), align=align)


def _repeated(builder, value, vector):
    """A vector with `value` in every lane."""
    lanes = ir.Constant(vector, ir.Undefined)
    for lane in range(vector.count):
        lanes = builder.insert_element(lanes, value, ir.Constant(ir.IntType(32), lane))
    return lanes


def _mask(builder, lanes):
    """One bit for each lane of a vector of truth values, as uint64."""
    return builder.zext(builder.bitcast(lanes, ir.IntType(lanes.type.count)), ir.IntType(64))


@inline
def mix32(value):
    """MurmurHash3's 32-bit finaliser (Appleby), a bijection on uint32."""
    value = np.uint32((value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    value = np.uint32((value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(value ^ (value >> np.uint32(16)))


@inline
def mix64(value):
    """MurmurHash3's 64-bit finaliser (Appleby), a bijection on uint64."""
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))
