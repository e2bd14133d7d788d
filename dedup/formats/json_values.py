"""Reads and writes JSON values, and gets and sets values at dotted paths."""

import json
import math
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import orjson

from dedup.model.utf8 import decode


def getter(path: str) -> Callable[[Any], Any]:
    """A function that returns the value at a dotted path of an object, or raises LookupError or TypeError."""
    first, *rest = path.split(".")
    if not rest:
        return itemgetter(first)

    def walk(value: Any) -> Any:
        for key in path.split("."):
            value = value[key]
        return value

    return walk


def taker(paths: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that returns the values at several dotted paths, or raises LookupError or TypeError."""
    if not any("." in path for path in paths):
        return itemgetter(*paths)
    getters = [getter(path) for path in paths]
    return lambda value: tuple(take(value) for take in getters)


def get(value: Any, path: str) -> Any:
    """The value at a dotted path, or None if there is no such path."""
    try:
        return getter(path)(value)
    except (LookupError, TypeError):
        return None


def put(value: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """A copy of the object with the value `new` at a dotted path."""
    first, _, rest = path.partition(".")
    if not rest:
        return value | {first: new}
    inner = value.get(first)
    return value | {first: put(inner if isinstance(inner, dict) else {}, rest, new)}


def load(raw: bytes) -> Any:
    """Read a JSON value. Its strings may contain lone surrogates, and bytes that are not UTF-8.

    Raises:
        ValueError: This is not valid JSON. The message says why.
    """
    try:
        return orjson.loads(raw)
    except ValueError as error:
        reason = str(error)
    try:
        return json.loads(decode(raw), parse_constant=_no_constant, parse_int=integer)
    except RecursionError:
        raise ValueError("not valid JSON: nested too deep") from None
    except ValueError:
        raise ValueError(f"not valid JSON: {reason}") from None


def dump(value: Any) -> bytes:
    """Write a value as JSON without a line end. NaN and infinity become null, because JSON has no such numbers."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # orjson refuses lone surrogates and integers beyond 64 bits
        return json.dumps(_finite(value), separators=(",", ":")).encode()


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def integer(digits: str) -> int | float:
    """Convert digits to a number. Thousands of digits become a float, because `int` refuses them."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")
