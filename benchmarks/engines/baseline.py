"""The baseline: the smallest script that drops exact repeats of a text."""

import sys

NOTE = "equal texts only: orjson, xxh3 of 128 bits, a set"
PACKAGES = ("orjson", "xxhash")


def main() -> None:
    """Write each line whose text was not seen before."""
    from orjson import loads
    from xxhash import xxh3_128_digest

    seen = set()
    write = sys.stdout.buffer.write
    for line in sys.stdin.buffer:
        key = xxh3_128_digest(loads(line)["text"].encode())
        if key not in seen:
            seen.add(key)
            write(line)


if __name__ == "__main__":
    main()
