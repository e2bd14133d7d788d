"""Machine words: read from bytes, counted, mixed. Parts of kernels, all unsigned.

Kernels index in uint64 where it counts: numba checks signed indices for wrapping, and makes a float of
the sum of a signed and an unsigned number.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dedup._kernels.jit import inline

ONE, TWO, THREE, FOUR, EIGHT = (np.uint64(number) for number in (1, 2, 3, 4, 8))


@inline
def load32(data, at):  # type: ignore[no-untyped-def]  # typed by numba
    """The 4 bytes at `at` (uint64) as a little-endian uint32."""
    return np.uint32(
        np.uint32(data[at])
        | np.uint32(data[at + ONE]) << np.uint32(8)
        | np.uint32(data[at + TWO]) << np.uint32(16)
        | np.uint32(data[at + THREE]) << np.uint32(24)
    )


@inline
def load64(data, at):  # type: ignore[no-untyped-def]  # typed by numba
    """The 8 bytes at `at` (uint64) as a little-endian uint64."""
    return np.uint64(load32(data, at)) | np.uint64(load32(data, at + FOUR)) << np.uint64(32)


@inline
def store64(data, at, word):  # type: ignore[no-untyped-def]  # typed by numba
    """Write a uint64 to the 8 bytes at `at` (uint64), the lowest first."""
    for k in range(EIGHT):
        data[at + k] = np.uint8(word >> (k << THREE))


@intrinsic
def ones(context, word):  # type: ignore[no-untyped-def]  # typed by numba
    """How many bits of a uint64 are set, as uint64."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code


@intrinsic
def zeros_below(context, word):  # type: ignore[no-untyped-def]  # typed by numba
    """How many zeros stand below the lowest set bit of a uint64 that is not 0, as uint64."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), code


@intrinsic
def where64(context, address, byte):  # type: ignore[no-untyped-def]  # typed by numba
    """A uint64 with a bit for each of the 64 bytes at `address` (uint64) that is `byte` (uint8)."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
        address, byte = arguments
        bytes_ = ir.VectorType(ir.IntType(8), 64)
        chunk = builder.load(builder.inttoptr(address, bytes_.as_pointer()), align=1)
        lanes = ir.Constant(bytes_, ir.Undefined)
        for lane in range(64):
            lanes = builder.insert_element(lanes, byte, ir.Constant(ir.IntType(32), lane))
        return builder.bitcast(builder.icmp_unsigned("==", chunk, lanes), ir.IntType(64))

    return types.uint64(types.uint64, types.uint8), code


@intrinsic
def prefetch(context, address):  # type: ignore[no-untyped-def]  # typed by numba
    """Ask for the cache line at an address (uint64), without waiting for it."""

    def code(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # typed by numba
        pointer = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [pointer, number, number, number]), "llvm.prefetch.p0"
        )
        # For reading, to the second level of caches, and data. The first level cannot wait for so many lines at once,
        # and drops what is asked of it then.
        builder.call(function, [builder.inttoptr(arguments[0], pointer), number(0), number(2), number(1)])
        return context.get_dummy_value()

    return types.void(types.uint64), code


@inline
def mix32(value):  # type: ignore[no-untyped-def]  # typed by numba
    """MurmurHash3's 32-bit finaliser (Appleby), a bijection on uint32."""
    value = np.uint32((value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    value = np.uint32((value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(value ^ (value >> np.uint32(16)))


@inline
def mix64(value):  # type: ignore[no-untyped-def]  # typed by numba
    """MurmurHash3's 64-bit finaliser (Appleby), a bijection on uint64."""
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))
