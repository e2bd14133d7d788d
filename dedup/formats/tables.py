"""Detects from the first lines of an input whether it is a table, and which dialect it has.

In a table the first records have the same columns. Prose has the same delimiters, but there a space follows them, or
they are part of a number or an HTML entity. Comments, blank lines and a title may precede the header.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dedup.errors import InputError
from dedup.formats.base import list_names
from dedup.formats.byte_reader import split_lines
from dedup.model.utf8 import decode

_RECORDS = 50  # records to examine
_SHARE = 0.8  # the smallest share of records with the columns of the header; a few rows may be faulty
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_IDENTIFIER = re.compile(r"[^\W\d][\w.-]*")
_TITLE = re.compile(r"[^\W\d_][^.!?…:\"”“„»]{0,39}")  # a possible column name
_KEY = re.compile(r"(?=.*\d)[\w:/.+-]{1,40}")  # a number, a date, an id
_IN_NUMBER = re.compile(r"\d,(?=\d)")
_ENTITY = re.compile(r"&(?:amp;)*#?\w+;")
_COMMENTS = 20  # the largest number of comment lines above a header
_TITLES = 5  # the largest number of other lines above it
# A line of quoted cells, and the separator between them.
_ALL_QUOTED = re.compile(r'"([^"\r\n]*)"(\s*[^\w\s"]{1,3}\s*)"[^"\r\n]*"(?:\2"[^"\r\n]*")*\s*')
#: Usual column names. A first line with one of them is a header, even if no row has arrived yet.
_USUAL = frozenset(
    "id guid uuid key text body content title headline summary description author source url link date time timestamp "
    "created updated published section category lang language".split()
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The way in which a table is written.

    Attributes:
        delimiter: The character between two cells.
        quoted: Whether cells may be quoted.
        spaced: Whether a space may follow the delimiter.
    """

    delimiter: str
    quoted: bool = True
    spaced: bool = False

    def read(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The cells of each row. A row that cannot be read raises csv.Error, and the iterator continues after it."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            skipinitialspace=self.spaced,
            strict=True,
        )


# The preferred dialects come first: with tabs, a quotation mark is text.
_DIALECTS = (
    Dialect(","), Dialect("\t", quoted=False), Dialect("\t"), *map(Dialect, ";|~^\x1f\x01"),
)  # fmt: skip


def separator_line(line: str) -> str | None:
    """The delimiter in a line like `sep=;`, which Excel writes above a header; None for any other line."""
    found = _SEP.fullmatch(line)
    return found[1] if found else None


def find_columns(names: Sequence[str], wanted: str) -> list[int]:
    """The indexes of the columns with a name. If there are none, case and surrounding space are ignored."""
    folded = wanted.casefold()
    exact = [index for index, name in enumerate(names) if name == wanted]
    return exact or [index for index, name in enumerate(names) if name.strip().casefold() == folded]


def find_column(names: Sequence[str], wanted: str | None) -> int | None:
    """The index of the first column that `find_columns` finds, or None if there is none."""
    return None if wanted is None else next(iter(find_columns(names, wanted)), None)


def detect_dialect(lines: Sequence[str], wanted: str) -> Dialect:
    """The dialect of a table.

    The best dialect gives the wanted column, then a table, then the most columns, then the largest share of rows with
    these columns.

    Args:
        lines: The first lines of the table.
        wanted: The name of the text column.

    Raises:
        InputError: The cells are separated by several characters. The message does not name the input.
    """

    def fit(dialect: Dialect) -> tuple[bool, bool, int, float]:
        rows = _rows(dialect, lines)
        header = _header(rows)
        has_wanted = find_column(header, wanted) is not None
        return has_wanted, _is_table(dialect, lines, wanted), len(header), len(_alike(rows)) / max(len(rows), 1)

    return max(_dialects(lines), key=fit)


def count_lines_above(lines: Sequence[str], wanted: str) -> int | None:
    """The number of lines above the header of a table, or None if the input is not clearly a table.

    Args:
        lines: The first lines of the input.
        wanted: The name of the text column. A table may also have other columns only.

    Raises:
        InputError: The cells are separated by several characters. The message does not name the input.
    """
    lines = [_ENTITY.sub("&", line) for line in lines]
    comments = 0
    while comments < len(lines) and is_comment(lines[comments]):
        comments += 1
    starts = [start for start in dict.fromkeys((0, comments)) if start < len(lines) and _begins(lines[start:], wanted)]
    if starts:  # a comment may look like a header, so prefer the line with the wanted column
        return max(starts, key=lambda start: _has(lines[start:], wanted))
    for start in range(comments + 1, min(comments + _TITLES + 1, len(lines))):
        rest = lines[start:]
        if lines[start].strip() and any(_is_table(dialect, rest, wanted, below=True) for dialect in _dialects(rest)):
            return start
    return None


def is_comment(line: str) -> bool:
    """Whether a line is blank or a comment. Such lines may precede a header."""
    return not line.strip() or line.startswith("#")


def may_precede_header(lines: Sequence[str]) -> bool:
    """Whether these lines are all comments, so that a header may follow them."""
    return len(lines) < _COMMENTS and all(re.match(r"#+(?:\s|!|$)|\s*$", line) for line in lines)


def _begins(lines: Sequence[str], wanted: str) -> bool:
    """Whether a table begins with the first of these lines."""
    return separator_line(lines[0]) is not None or any(
        _is_table(dialect, lines, wanted) for dialect in _dialects(lines)
    )


def _has(lines: Sequence[str], wanted: str) -> bool:
    """Whether a table that begins with the first of these lines has the wanted column."""
    return find_column(_header(_rows(detect_dialect(lines, wanted), lines)), wanted) is not None


def _dialects(lines: Sequence[str]) -> Sequence[Dialect]:
    """The dialects that a table with these first lines may have."""
    quoted = _ALL_QUOTED.fullmatch(lines[0])
    if quoted is None:
        return _DIALECTS
    between = quoted[2]
    delimiter = between.strip()
    if len(delimiter) == 1 and between[0] == delimiter:
        return *_DIALECTS, Dialect(delimiter, spaced=between != delimiter)
    following = [_ALL_QUOTED.fullmatch(line) for line in lines[1:_RECORDS] if line.strip()]
    if following and all(row is not None and row[2] == between for row in following):
        names = lines[0].strip()[1:-1].split(f'"{between}"')
        raise InputError(
            f"this is a table with the columns {list_names(names)} separated by {between!r}, but CSV allows only one "
            f"character there; replace it with a comma or a tab, or read the lines with --format text"
        )
    return _DIALECTS


def first_lines(head: bytes, complete: bool) -> list[str]:
    """The lines to examine. A last line without its end is left out, unless it is the only one.

    Args:
        head: The first bytes of an input.
        complete: Whether this is the whole input, so that its last line is complete.
    """
    lines = split_lines(head)
    if not complete and len(lines) > 1 and not lines[-1].endswith((b"\n", b"\r")):
        lines.pop()
    return [decode(line) for line in lines[: 20 * _RECORDS]]


def _header(rows: Sequence[list[str] | None]) -> list[str]:
    return (rows[0] if rows else None) or []


def _alike(rows: Sequence[list[str] | None]) -> list[list[str]]:
    """The rows with as many columns as the first."""
    return [row for row in rows if row is not None and len(row) == len(_header(rows))]


def _rows(dialect: Dialect, lines: Sequence[str]) -> list[list[str] | None]:
    """The cells of the first records; None for a row that cannot be read.

    Blank rows are left out, and so is a last row that is not complete.
    """
    return [row for row in _all_rows(dialect, lines) if row != []]


def _all_rows(dialect: Dialect, lines: Sequence[str]) -> list[list[str] | None]:
    rows: list[list[str] | None] = []
    reader = dialect.read(iter(lines))
    while len(rows) < _RECORDS:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "unexpected end" in str(error):
                break
            rows.append(None)
            continue
        if cells is None:
            break
        rows.append(cells)
    return rows


def _is_table(dialect: Dialect, lines: Sequence[str], wanted: str, *, below: bool = False) -> bool:
    """Whether these lines are a table in a dialect. If they are `below` a title, the conditions are stricter."""
    rows = _rows(dialect, lines)
    header = _header(rows)
    like = _alike(rows)
    if below and (len(header) < 2 or len(like) < max(2, _SHARE * len(rows))):
        return False
    if len(header) < 2:
        return _is_column(dialect, lines, wanted)
    if wanted.casefold() in map(str.casefold, header):
        return True
    if all(map(_IDENTIFIER.fullmatch, header)) and (len(header) > 2 or _USUAL & set(map(str.casefold, header))):
        return True
    if len(like) < _SHARE * len(rows):
        return False
    delimiter = dialect.delimiter
    quoted = any(f'{delimiter}"' in line or line.startswith('"') for line in lines) and dialect.quoted
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
    """Whether a space follows a delimiter, as in prose."""
    return any(cell.startswith(" ") for row in rows for cell in row[1:])


def _are_cells(rows: Sequence[list[str]]) -> bool:
    """Whether no cell is empty or begins with a small letter, as the rest of a sentence would."""
    return all(cell and not cell[0].islower() for row in rows for cell in row)


def _is_column(dialect: Dialect, lines: Sequence[str], wanted: str) -> bool:
    """Whether this is a table of one column, with quoted cells and with commas only inside the quotation marks.

    The column has the wanted name or a usual one, or else many of its cells contain line ends and no blank lines
    separate the rows.
    """
    rows = _all_rows(dialect, lines)
    name, *cells = [row[0] if row is not None and len(row) == 1 else None for row in rows if row != []] or [None]
    if dialect != _DIALECTS[0] or name is None:
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
