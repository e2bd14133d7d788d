"""Reads the blocks of text of an HTML page, in order, and writes the page without some of them.

lexbor (selectolax) builds the tree as a browser does, so it can read any HTML. Scripts, styles, comments and hidden
elements are not read, because they are invisible.
"""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from selectolax.lexbor import LexborHTMLParser, LexborNode

from dedup.errors import InputError, extra_needed
from dedup.formats.base import BOM, Document, Records, RejectedInput, Source
from dedup.formats.document_roots import wide
from dedup.formats.html_limits import refusal
from dedup.model.types import Labels
from dedup.model.utf8 import decode, encode

_BLOCKS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol option p pre search section "
    "summary table tbody tfoot thead tr ul".split()
)
_CELLS = frozenset(("td", "th"))
_INVISIBLE = frozenset(
    "audio canvas datalist head iframe noembed noframes noscript object script select style svg template textarea "
    "title video".split()
)
_FRAME = frozenset(("html", "body", "td", "th"))
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
_MARKS = (BOM, codecs.BOM_UTF16, codecs.BOM_UTF16_BE)
_DECLARED_WITHIN = 4096  # bytes to search for the encoding; the standard says 1024, but some pages declare it later
_IN_ASCII = ("iso2022", "hz")  # these use ASCII bytes only, and so they are also valid UTF-8
# Browsers read these encodings as larger ones that include them (WHATWG Encoding Standard).
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
          "euc_kr": "cp949", "big5": "big5hkscs", "iso8859-9": "cp1254", "iso8859-11": "cp874"}  # fmt: skip


class Page:
    """A page, or a fragment of one, split into blocks.

    A block ends where a block element begins or ends, and at two line breaks (`<br>`). A row of a table is one block,
    with spaces between its cells.

    Args:
        html: The page.
        split: `line` also ends a block at each line break.

    Attributes:
        texts: The text of each block.

    Raises:
        InputError: The page would take too long to parse. The message does not name the input.
    """

    def __init__(self, html: str, split: str = "auto") -> None:
        _check_limits(html)
        self._html = html
        self._breaks = 1 if split == "line" else 2
        self.texts = [
            " ".join("".join(part if isinstance(part, str) else _text(part) for part in block).split())
            for block in _blocks(LexborHTMLParser(html).root, self._breaks)
        ]

    def page(self, wanted: Sequence[bool]) -> str:
        """The page with only the wanted blocks. Elements that become empty are removed."""
        return self._keep_only(wanted).html or ""

    def keep_only(self, wanted: Sequence[bool]) -> str:
        """The inner HTML of the body of the page, with only the wanted blocks."""
        body = self._keep_only(wanted).body
        return (body.inner_html if body is not None else None) or ""

    def _keep_only(self, wanted: Sequence[bool]) -> LexborHTMLParser:
        tree = LexborHTMLParser(self._html)
        blocks = list(_blocks(tree.root, self._breaks))
        parents = []
        for block, keep in zip(blocks, wanted, strict=True):
            for node in block if not keep else ():
                if not isinstance(node, str):
                    parents.append(node.parent)
                    node.decompose()
        removed: set[int] = set()  # these nodes are freed, so they must not be used
        for parent in parents:
            while parent is not None and parent.mem_id not in removed and _is_empty(parent) and not _separates(parent):
                node, parent = parent, parent.parent
                removed.add(node.mem_id)
                node.decompose()
        return tree


def _text(node: LexborNode) -> str:
    return node.text_content or ""


def _blocks(root: LexborNode | None, breaks: int) -> Iterator[list[LexborNode | str]]:
    """The text nodes of each block, with a space between cells. `breaks` line breaks in a row also end a block."""
    block: list[LexborNode | str] = []
    broken = 0  # line breaks in a row so far
    for node, enters in _walk(root):
        tag = node.tag
        ends = tag in _BLOCKS
        if tag == "-text":
            text = _text(node)
            block.append(node)
            if text.strip():
                broken = 0
        elif tag == "br" and enters:
            broken += 1
            block.append(" ")
            ends = broken >= breaks
        elif tag in _CELLS:
            block.append(" ")
        if ends:
            if any(not isinstance(part, str) and _text(part).strip() for part in block):
                yield block
            block = []
            broken = 0
    if any(not isinstance(part, str) and _text(part).strip() for part in block):
        yield block


def _walk(root: LexborNode | None) -> Iterator[tuple[LexborNode, bool]]:
    """The visible nodes, in order. Each comes at its start (True), and elements also at their end (False).

    This works without recursion, so that deep pages are no problem.
    """
    node = root
    while node is not None:
        is_visible = node.is_text_node or (node.is_element_node and not _is_hidden(node))
        if is_visible:
            yield node, True
            child = node.child
            if child is not None:
                node = child
                continue
            if not node.is_text_node:
                yield node, False
        while node is not None and node.next is None:
            node = node.parent
            if node is not None and node.is_element_node:
                yield node, False
        if node is not None:
            node = node.next


def _is_hidden(node: LexborNode) -> bool:
    if node.tag in _INVISIBLE:
        return True
    attributes = node.attributes
    return bool(attributes) and ("hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or "")))


def _is_empty(node: LexborNode) -> bool:
    """Whether an element is empty and can be removed. The frames of pages and tables cannot."""
    if node.tag in _FRAME:
        return False
    child = node.child
    while child is not None:
        if child.is_text_node:
            if _text(child).strip():
                return False
        elif child.tag != "br" and not child.is_comment_node:
            return False
        child = child.next
    return True


def _separates(node: LexborNode) -> bool:
    """Whether the texts before and after an element would become one block without it."""
    return node.tag in _BLOCKS and not (_at_block_edge(node, "prev") or _at_block_edge(node, "next"))


def _at_block_edge(node: LexborNode, direction: str) -> bool:
    """Whether an element is at the edge of a block in a direction, `prev` or `next`, even without itself."""
    while True:
        sibling: LexborNode | None = getattr(node, direction)
        while sibling is not None and not (_text(sibling).strip() if sibling.is_text_node else sibling.is_element_node):
            sibling = getattr(sibling, direction)
        parent = node.parent
        if sibling is not None or parent is None or not parent.is_element_node:
            return sibling is None or sibling.tag in _BLOCKS
        if parent.tag in _BLOCKS:
            return True
        node = parent


def encoding_of(data: bytes, declaration: re.Pattern[bytes] = _CHARSET) -> str:
    """The encoding of a document.

    This is UTF-16 or UTF-32 if its first bytes show that, or UTF-8 if it is valid, or the declared encoding, or
    Windows-1252.

    Args:
        data: The document.
        declaration: A pattern with the declared encoding as its first group.
    """
    encoding = wide(data)
    if encoding is not None:
        return encoding
    declared = declaration.search(data[:_DECLARED_WITHIN])
    try:
        name = codecs.lookup(declared[1].decode("ascii", "replace")).name if declared else "cp1252"
    except LookupError:
        name = "cp1252"
    if name.startswith(_IN_ASCII):
        return name
    try:
        data.decode()
    except UnicodeDecodeError:
        return "cp1252" if name.startswith("utf-") else _WIDER.get(name, name)
    return "utf-8"


class Blocks(Records):
    """The blocks of one page, by their ordinals on the page, from 1."""

    def __init__(self, source: Source, blocks: Mapping[int, bytes]) -> None:
        self.texts = list(blocks.values())
        self._ordinals = list(blocks)
        self._source = source

    def labels(self) -> Labels:
        name = self._source.name
        n = len(self._ordinals)
        return Labels([f"{name}:{ordinal}" for ordinal in self._ordinals], [None] * n, [name] * n)

    def fields(self, paragraph: int) -> dict[str, Any]:
        name = self._source.name
        return {
            "id": f"{name}:{self._ordinals[paragraph]}",
            "source": name,
            "text": decode(self.texts[paragraph]),
        }

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        return [self.texts[i] + b"\n" for i in np.flatnonzero(wanted).tolist()]


class PageBlocks(Blocks):
    """The blocks of one page, which are written as a page. If all are wanted, the page is written byte for byte.

    Args:
        source: How the input is read.
        blocks: The UTF-8 of each block, by its ordinal.
        page: The page.
        raw: The bytes of the page.
        encoding: Their encoding.
        first: The ordinal of the first block of the page.
    """

    def __init__(
        self, source: Source, blocks: Mapping[int, bytes], page: Page, raw: bytes, encoding: str, first: int
    ) -> None:
        super().__init__(source, blocks)
        self._first = first
        self._page = page
        self._raw = raw
        self._encoding = encoding

    def select(self, wanted: NDArray[np.bool_]) -> list[bytes]:
        chosen = {self._ordinals[i] for i in np.flatnonzero(wanted).tolist()}
        mask = [ordinal in chosen for ordinal, _ in enumerate(self._page.texts, self._first)]
        if all(mask):
            return [self._raw]
        if not chosen:
            return []
        mark = "\ufeff" if self._encoding.startswith("utf-") and self._raw.startswith(_MARKS) else ""
        return [(mark + self._page.page(mask)).encode(self._encoding, "xmlcharrefreplace")]


class Html(Document):
    """Reads one page. With `extract`, it reads the main text only, with one paragraph per line.

    If further pages are parsed after it, the ordinals of blocks continue.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._first = 1

    def parse(self, data: bytes) -> Iterator[Records | RejectedInput]:
        encoding = encoding_of(data)
        html = data.decode(encoding, errors="replace").removeprefix("\ufeff")
        try:
            page = None if self.source.extract else Page(html, self.source.split)
            if page is None:
                _check_limits(html)
        except InputError as error:
            raise InputError(f"{self.source.name}: {error}; convert it to text first") from None
        blocks: dict[int, bytes] = {}
        texts = _main_text(html) if page is None else page.texts
        first = self._first
        self._first += len(texts)
        for ordinal, text in enumerate(map(encode, texts), first):
            if len(text) <= self.source.max_bytes:
                blocks[ordinal] = text
            else:
                yield RejectedInput(self.source.name, ordinal, text, f"longer than max-bytes {self.source.max_bytes}")
        if page is None:
            yield Blocks(self.source, blocks)
        else:
            yield PageBlocks(self.source, blocks, page, data, encoding, first)


def _check_limits(html: str) -> None:
    """Raise InputError if a page would take a parser too long."""
    if reason := refusal(html):
        raise InputError(reason)


def _main_text(html: str) -> list[str]:
    """The paragraphs of the main text of a page, without navigation and other surroundings."""
    with extra_needed("--extract", "extract"):
        from trafilatura import extract
    return [line.strip() for line in (extract(html, include_comments=False) or "").splitlines() if line.strip()]
