"""CSV, TSV and semicolon files of any common encoding, even of two encodings in one file."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from charset_normalizer import from_bytes

from crm.importing.reading import Cells, Limits, Source, Unreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = ["cp1252", "mac_roman", "cp850"]
_FALLBACK = "lanewise-cp1252"
_DELIMITERS = ",;\t|"
_SAMPLE = 64 * 1024


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8 are read as Windows-1252: exports of several systems glued
    together have both in one file."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(_CP1252[byte] for byte in bad), error.end


# The five bytes that Windows-1252 leaves open are taken as Latin-1, as browsers do.
_CP1252 = [
    bytes([n]).decode("cp1252", errors="replace").replace("\ufffd", chr(n)) for n in range(256)
]
codecs.register_error(_FALLBACK, _as_cp1252)


class DelimitedSource(Source):
    """Lines of a delimited text file. Raises Unreadable when it is no text."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.encoding = _encoding(path)
        self.delimiter = _delimiter(self._sample())
        shown = "utf-8 with parts in cp1252" if self._is_mixed() else self.encoding
        self.facts = {"format": "CSV", "encoding": shown, "delimiter": self.delimiter}

    def lines(self) -> Iterator[tuple[int, Cells]]:
        with self._open() as file:
            reader = csv.reader(_bounded(file, self.limits), delimiter=self.delimiter)
            # csv's own limit is one for the whole process, so ours is looked after below.
            csv.field_size_limit(max(csv.field_size_limit(), 4 * self.limits.cell_chars))
            line = 1
            while True:
                try:
                    raw = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise Unreadable(
                        f"Line {line} cannot be read: {error}.",
                        remedy="Look for a quotation mark that is not closed.",
                    ) from error
                yield line, _checked(raw, line, self.limits)
                line = reader.line_num + 1

    def _open(self) -> TextIO:
        errors = _FALLBACK if self.encoding.startswith("utf-8") else "replace"
        return self.path.open(encoding=self.encoding, errors=errors, newline="")

    def _sample(self) -> str:
        with self._open() as file:
            return file.read(_SAMPLE)

    def _is_mixed(self) -> bool:
        return self.encoding.startswith("utf-8") and not _is_utf8(self.path)


def _bounded(file: TextIO, limits: Limits) -> Iterator[str]:
    """Physical lines; one far too long is refused before it is read to its end."""
    longest = limits.cell_chars * 20
    for number, line in enumerate(iter(lambda: file.readline(longest + 1), ""), start=1):
        if len(line) > longest:
            raise Unreadable(
                f"Line {number} has more than {longest:,} characters.",
                remedy=f"A cell may have {limits.cell_chars:,}; remove what does not belong there.",
            )
        yield line


def _checked(raw: Cells, line: int, limits: Limits) -> Cells:
    for number, cell in enumerate(raw, start=1):
        if len(cell) > limits.cell_chars:
            raise Unreadable(
                f"Line {line}, column {number} has {len(cell):,} characters.",
                remedy=f"A cell may have {limits.cell_chars:,}; look for a missing quotation mark.",
            )
    return [cell.strip() for cell in raw]


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    for bom, name in _BOMS:
        if start.startswith(bom):
            return name
    wide = _wide_encoding(start)
    if wide:
        return wide
    if start[:4] in (b"%PDF", b"\x89PNG", b"GIF8", b"{\\rt") or _is_binary(start):
        raise Unreadable(
            "This is neither a CSV nor an XLSX file.", remedy="Export the list as CSV or XLSX."
        )
    if start.lstrip()[:1] in (b"<",) or start.lstrip()[:1] in (b"{", b"["):
        raise Unreadable(
            "This is a web page or JSON, not a table.", remedy="Export the list as CSV or XLSX."
        )
    return "utf-8" if _is_utf8(path) or _has_utf8(start) else _legacy_encoding(start)


def _wide_encoding(start: bytes) -> str:
    """UTF-16 without a mark: in Western text every second byte is zero."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = max(1, len(start) // 2)
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.1 * half:
        return "utf-16-be"
    return ""


def _is_binary(start: bytes) -> bool:
    controls = sum(start.count(code) for code in range(32) if code not in (9, 10, 12, 13, 27))
    return controls > max(8, len(start) // 100)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _has_utf8(start: bytes) -> bool:
    """Whether the text has sequences that only UTF-8 makes (then the rest is cp1252)."""
    text = start.decode("utf-8", errors="surrogateescape")
    broken = sum(1 for char in text if "\udc80" <= char <= "\udcff")
    good = sum(1 for char in text if char > "\x7f") - broken
    return good >= broken


def _legacy_encoding(start: bytes) -> str:
    """Western one-byte encodings are told apart by the letters they give; few letters decide
    nothing, and Windows-1252 is by far the commonest."""
    if sum(byte > 0x7F for byte in start) < 8:
        return "cp1252"
    best = from_bytes(start, cp_isolation=_LEGACY).best()
    return best.encoding if best is not None and best.encoding in _LEGACY else "cp1252"


def _delimiter(sample: str) -> str:
    """The sign that splits the first lines into most columns, and into the same number each."""
    lines = [line for line in sample.splitlines()[:20] if line.strip()]

    def score(sign: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=sign)]
        if not widths or widths[0] < 2:
            return (0.0, 0)
        agreeing = Counter(widths)[widths[0]] / len(widths)
        return (agreeing if agreeing >= 0.5 else agreeing / 2, widths[0])

    try:
        return max(_DELIMITERS, key=lambda sign: (score(sign)[0] > 0.4, score(sign)[1]))
    except csv.Error:
        return ","
