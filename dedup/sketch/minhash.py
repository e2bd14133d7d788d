"""MinHash signatures, bit-identical to those of datasketch.

The scheme is "affine32" of datasketch: MurmurHash3's 32-bit finaliser maps the xxh32 of a shingle to h, permutation k
maps h to a[k] * h + b[k] mod 2**32 with a[k] odd, and signature k is the minimum over the set (Broder 1997). The
permutations are those of datasketch for the same seed.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedup._kernels.bits import mix32
from dedup._kernels.jit import kernel

if TYPE_CHECKING:
    from datasketch import MinHash


def permutations(num_perm: int, seed: int) -> NDArray[np.uint32]:
    """The factors a and addends b of the affine permutations: (2, num_perm) uint32."""
    draw = np.random.RandomState(seed)
    a = draw.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = draw.randint(0, 1 << 32, num_perm, dtype=np.uint32)
    return np.array([a, b])


def sign(
    hashes: NDArray[np.uint32], offsets: NDArray[np.int64], permutations: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Signatures (n, num_perm) uint32 of shingle sets given as xxh32 `hashes` (m,) with set `offsets` (n + 1,).

    An empty set has the signature of all ones, which is never looked up.
    """
    signatures = np.full((len(offsets) - 1, permutations.shape[1]), 0xFFFFFFFF, np.uint32)
    _sign(hashes, offsets, permutations, np.empty(len(hashes), np.uint32), signatures)
    return signatures


@kernel
def _sign(hashes, offsets, permutations, mixed, signatures):
    n, num_perm = signatures.shape
    a, b = permutations[0], permutations[1]
    for j in range(len(hashes)):
        mixed[j] = mix32(hashes[j])
    for i in range(n):
        row = signatures[i]
        j = offsets[i]
        end = offsets[i + 1]
        while j + 4 <= end:  # four shingles per pass over the row
            w, x, y, z = mixed[j], mixed[j + 1], mixed[j + 2], mixed[j + 3]
            for k in range(num_perm):
                low = min(np.uint32(a[k] * w + b[k]), np.uint32(a[k] * x + b[k]))
                high = min(np.uint32(a[k] * y + b[k]), np.uint32(a[k] * z + b[k]))
                row[k] = min(row[k], min(low, high))
            j += 4
        while j < end:
            x = mixed[j]
            for k in range(num_perm):
                row[k] = min(row[k], np.uint32(a[k] * x + b[k]))
            j += 1


def to_minhash(signature: NDArray[np.uint32], seed: int) -> "MinHash":
    """A signature, (num_perm,) uint32, as a `datasketch.MinHash` that can be updated further."""
    import xxhash
    from datasketch import MinHash

    return MinHash(
        seed=seed,
        scheme="affine32",
        hashfunc=xxhash.xxh32_intdigest,
        hashvalues=signature,
        permutations=permutations(len(signature), seed),
    )
