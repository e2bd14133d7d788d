"""The first bytes of an input -> whether it is a table, and how its columns stand apart.

A table is told from prose by its first records, each of which has the same columns. What stands between columns stands
in prose too, but there a space comes after it, or it is part of a number or of an HTML entity. Comments, blank lines
and a title may stand above the header.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dedup.errors import InputError
from dedup.formats.base import list_names
from dedup.formats.byte_reader import split_lines
from dedup.model.utf8 import decode

_RECORDS = 50  # that are looked at
_SHARE = 0.8  # of them have the columns of the first; one faulty row does not turn a table into text
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_IDENTIFIER = re.compile(r"[^\W\d][\w.-]*")
_TITLE = re.compile(r"[^\W\d_][^.!?…:\"”“„»]{0,39}")  # what a column may be called
_KEY = re.compile(r"(?=.*\d)[\w:/.+-]{1,40}")  # a number, a date, an id
_IN_NUMBER = re.compile(r"\d,(?=\d)")
_ENTITY = re.compile(r"&(?:amp;)*#?\w+;")
_COMMENTS = 20  # lines of comments above a header
_TITLES = 5  # other lines above it
# A line of quoted cells, and what stands between them.
_ALL_QUOTED = re.compile(r'"([^"\r\n]*)"(\s*[^\w\s"]{1,3}\s*)"[^"\r\n]*"(?:\2"[^"\r\n]*")*\s*')
#: Names that columns often have: a first line with one of them is a header, though nothing came after it yet.
_USUAL = frozenset(
    "id guid uuid key text body content title headline summary description author source url link date time timestamp "
    "created updated published section category lang language".split()
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What stands between cells, whether quotation marks hold a cell together, and whether a space may precede them."""

    delimiter: str
    quoted: bool = True
    spaced: bool = False

    def read(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The cells of each row. Raises csv.Error for what is no row, and goes on after it."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            skipinitialspace=self.spaced,
            strict=True,
        )


# In the order in which they are preferred: between tabs a quotation mark is text.
_DIALECTS = (
    Dialect(","), Dialect("\t", quoted=False), Dialect("\t"), *map(Dialect, ";|~^\x1f\x01"),
)  # fmt: skip


def separator_line(line: str) -> str | None:
    """The delimiter that a line `sep=;` names, as Excel writes it above a header; None for any other line."""
    found = _SEP.fullmatch(line)
    return found[1] if found else None


def find_columns(names: Sequence[str], wanted: str) -> list[int]:
    """Where the columns of a name stand, or else those of that name in any case and without the space around it."""
    folded = wanted.casefold()
    exact = [place for place, name in enumerate(names) if name == wanted]
    return exact or [place for place, name in enumerate(names) if name.strip().casefold() == folded]


def find_column(names: Sequence[str], wanted: str | None) -> int | None:
    """Where the first column of a name stands, as `places` finds it; None where there is none."""
    return None if wanted is None else next(iter(find_columns(names, wanted)), None)


def detect_dialect(lines: Sequence[str], wanted: str) -> Dialect:
    """How a table is written that begins with these lines: so that it has the wanted column, or else the most columns.

    Of two ways that give the same columns it is the one by which a larger share of the rows has them.
    Raises InputError, without the name of the input, where the cells stand apart by what no CSV has.
    """

    def fit(each: Dialect) -> tuple[bool, bool, int, float]:
        rows = _rows(each, lines)
        header = _header(rows)
        has_wanted = find_column(header, wanted) is not None
        return has_wanted, _is_table(each, lines, wanted), len(header), len(_alike(rows)) / max(len(rows), 1)

    return max(_dialects(lines), key=fit)


def count_lines_above(lines: Sequence[str], wanted: str) -> int | None:
    """How many lines stand above the header of the table that an input is which begins with these lines.

    It is None where the input is not plainly a table, with the wanted column or another. Raises what `dialect` does.
    """
    lines = [_ENTITY.sub("&", line) for line in lines]
    comments = 0
    while comments < len(lines) and is_comment(lines[comments]):
        comments += 1
    starts = [start for start in dict.fromkeys((0, comments)) if start < len(lines) and _begins(lines[start:], wanted)]
    if starts:  # a comment may look like a header; the header has the wanted column
        return max(starts, key=lambda start: _has(lines[start:], wanted))
    for start in range(comments + 1, min(comments + _TITLES + 1, len(lines))):
        rest = lines[start:]
        if lines[start].strip() and any(_is_table(each, rest, wanted, below=True) for each in _dialects(rest)):
            return start
    return None


def is_comment(line: str) -> bool:
    """Whether a line is blank or a comment, as they stand above a header."""
    return not line.strip() or line.startswith("#")


def may_precede_header(lines: Sequence[str]) -> bool:
    """Whether a header may follow these lines, which are comments."""
    return len(lines) < _COMMENTS and all(re.match(r"#+(?:\s|!|$)|\s*$", line) for line in lines)


def _begins(lines: Sequence[str], wanted: str) -> bool:
    """Whether a table begins with the first of these lines."""
    return separator_line(lines[0]) is not None or any(_is_table(each, lines, wanted) for each in _dialects(lines))


def _has(lines: Sequence[str], wanted: str) -> bool:
    """Whether a table that begins with the first of these lines has the wanted column."""
    return find_column(_header(_rows(detect_dialect(lines, wanted), lines)), wanted) is not None


def _dialects(lines: Sequence[str]) -> Sequence[Dialect]:
    """The ways in which a table that begins with these lines may be written."""
    found = _ALL_QUOTED.fullmatch(lines[0])
    if found is None:
        return _DIALECTS
    between = found[2]
    delimiter = between.strip()
    if len(delimiter) == 1 and between[0] == delimiter:
        return *_DIALECTS, Dialect(delimiter, spaced=between != delimiter)
    others = [_ALL_QUOTED.fullmatch(line) for line in lines[1:_RECORDS] if line.strip()]
    if others and all(other is not None and other[2] == between for other in others):
        names = lines[0].strip()[1:-1].split(f'"{between}"')
        raise InputError(
            f"this is a table with the columns {list_names(names)}, which stand apart by {between!r}, and CSV has one "
            f"character there; turn it into a comma or a tab first, or read its lines with --format text"
        )
    return _DIALECTS


def first_lines(head: bytes, complete: bool) -> list[str]:
    """The lines to look at; one without its end is left out, unless it is the only one or nothing comes after it."""
    lines = split_lines(head)
    if not complete and len(lines) > 1 and not lines[-1].endswith((b"\n", b"\r")):
        lines.pop()
    return [decode(line) for line in lines[: 20 * _RECORDS]]


def _header(rows: Sequence[list[str] | None]) -> list[str]:
    return (rows[0] if rows else None) or []


def _alike(rows: Sequence[list[str] | None]) -> list[list[str]]:
    """The rows with as many columns as the first."""
    return [row for row in rows if row is not None and len(row) == len(_header(rows))]


def _rows(written: Dialect, lines: Sequence[str]) -> list[list[str] | None]:
    """The cells of the first records; None for what is no row. Blank rows and a last one that goes on are left out."""
    return [row for row in _all_rows(written, lines) if row != []]


def _all_rows(written: Dialect, lines: Sequence[str]) -> list[list[str] | None]:
    found: list[list[str] | None] = []
    reader = written.read(iter(lines))
    while len(found) < _RECORDS:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "unexpected end" in str(error):
                break
            found.append(None)
            continue
        if cells is None:
            break
        found.append(cells)
    return found


def _is_table(written: Dialect, lines: Sequence[str], wanted: str, *, below: bool = False) -> bool:
    """Whether these lines are a table, by one way to write it; `below` a title, where more is asked of them."""
    rows = _rows(written, lines)
    header = _header(rows)
    like = _alike(rows)
    if below and (len(header) < 2 or len(like) < max(2, _SHARE * len(rows))):
        return False
    if len(header) < 2:
        return _is_column(written, lines, wanted)
    if wanted.casefold() in map(str.casefold, header):
        return True
    if all(map(_IDENTIFIER.fullmatch, header)) and (len(header) > 2 or _USUAL & set(map(str.casefold, header))):
        return True
    if len(like) < _SHARE * len(rows):
        return False
    delimiter = written.delimiter
    quoted = any(f'{delimiter}"' in line or line.startswith('"') for line in lines) and written.quoted
    keyed = any(all(_KEY.fullmatch(row[place]) for row in like) for place in range(len(header)))
    if len(like) == 1:
        return quoted and keyed and not _is_spaced(like)
    if delimiter == "\t" and not below:
        return True
    titled = len(set(header)) == len(header) and all(_TITLE.fullmatch(name.strip()) for name in header[1:])
    if _is_spaced(like):
        return titled and find_column(header, wanted) is not None
    if delimiter == "," and all(len(_IN_NUMBER.findall(",".join(row))) >= len(row) - 1 for row in like):
        return False
    return quoted or keyed or (not below and (titled or (len(like) > 2 and _are_cells(like))))


def _is_spaced(rows: Sequence[list[str]]) -> bool:
    """Whether a space comes after what stands between columns, as in prose."""
    return any(cell.startswith(" ") for row in rows for cell in row[1:])


def _are_cells(rows: Sequence[list[str]]) -> bool:
    """Whether each cell could be a whole: it has something in it, and does not go on from the one before."""
    return all(cell and not cell[0].islower() for row in rows for cell in row)


def _is_column(written: Dialect, lines: Sequence[str], wanted: str) -> bool:
    """Whether this is a table of one column: what has quotation marks around cells, and commas only within them.

    Such a column has the wanted name or a usual one, or cells that go on over line ends, and no blank lines between.
    """
    rows = _all_rows(written, lines)
    name, *cells = [row[0] if row is not None and len(row) == 1 else None for row in rows if row != []] or [None]
    if written != _DIALECTS[0] or name is None:
        return False
    quoted = None not in cells and any(line.startswith('"') for line in lines)
    if name.casefold() == wanted.casefold():
        return lines[0].startswith('"') or quoted
    if not quoted or not cells:
        return False
    if name.casefold() in _USUAL:
        return True
    long = [cell for cell in cells if cell is not None and ("\n" in cell or "\r" in cell)]
    headed = bool(_TITLE.fullmatch(name)) or "\n" in name or "\r" in name
    return [] not in rows and headed and 2 * len(long) >= len(cells)
