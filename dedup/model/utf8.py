"""Text to UTF-8 and back, without losing bytes that are not UTF-8."""

import codecs


def encode(text: str) -> bytes:
    """UTF-8, also for lone surrogates: those by which Python carries bytes that were not UTF-8 become these bytes."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors=_SURROGATES)


def decode(data: bytes) -> str:
    """The text that `encode` gives `data` for; bytes that are not UTF-8 become lone surrogates."""
    return data.decode(errors="surrogateescape" if b"\xed" not in data else _SURROGATES)


def _code_surrogates(error: UnicodeError) -> tuple[str | bytes, int]:
    """Code a lone surrogate of JSON in three bytes, and a byte that is not UTF-8 as `surrogateescape` does."""
    if isinstance(error, UnicodeEncodeError):
        letter = error.object[error.start]
        escaped = "\udc80" <= letter <= "\udcff"
        return letter.encode(errors="surrogateescape" if escaped else "surrogatepass"), error.start + 1
    if not isinstance(error, UnicodeDecodeError):
        raise error
    first, second, third, *_ = *error.object[error.start : error.start + 3], 0, 0
    code = (first & 0xF) << 12 | (second & 0x3F) << 6 | third & 0x3F
    if (
        first == 0xED
        and second & 0xC0 == third & 0xC0 == 0x80
        and 0xD800 <= code < 0xE000
        and not 0xDC80 <= code < 0xDD00
    ):
        return chr(code), error.start + 3
    return chr(0xDC00 + first), error.start + 1


_SURROGATES = "dedup.surrogates"
codecs.register_error(_SURROGATES, _code_surrogates)
