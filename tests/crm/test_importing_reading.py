import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from crm.importing.reading import Limits, Unreadable, headers_key, open_table, rearmed

HEADER = "Name,Phone\r\n"


def rows_of(path: Path, data: bytes, name: str = "list.csv", limits: Limits | None = None):
    path.write_bytes(data)
    table = open_table(path, name, limits or Limits())
    return table, [cells for _, cells in table.rows()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list"


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", b""),
        ("utf-8-sig", b""),
        ("cp1252", b""),
        ("utf-16", b""),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_open_table_of_each_encoding_reads_accents(path: Path, encoding: str, bom: bytes) -> None:
    text = HEADER + "José Núñez,2055550142\r\n" + "Zoë Müller,2055550143\r\n" * 3

    _, rows = rows_of(path, text.encode(encoding))

    assert rows[0] == ["José Núñez", "2055550142"]
    assert rows[1] == ["Zoë Müller", "2055550143"]


def test_open_table_of_two_encodings_in_one_file_reads_both(path: Path) -> None:
    data = (
        HEADER.encode() + "José,1\n".encode() + "Müller,2\n".encode("cp1252") + "Zoë,3\n".encode()
    )

    table, rows = rows_of(path, data)

    assert [row[0] for row in rows] == ["José", "Müller", "Zoë"]
    assert table.facts["encoding"] == "utf-8 with parts in cp1252"


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_open_table_finds_the_delimiter(path: Path, sign: str) -> None:
    data = f"Name{sign}Phone{sign}City\nA, B{sign}1{sign}X\nC{sign}2{sign}Y\n".encode()
    if sign == ",":
        data = data.replace(b"A, B", b'"A, B"')

    _, rows = rows_of(path, data)

    assert rows == [["A, B", "1", "X"], ["C", "2", "Y"]]


def test_rows_keep_the_line_numbers_of_the_file_and_leave_blank_lines_out(path: Path) -> None:
    path.write_text('\nName,Phone\n"two\nlines",1\n\n,\nB,2\n')

    table = open_table(path, "list.csv")

    assert list(table.rows()) == [(3, ["two\nlines", "1"]), (7, ["B", "2"])]


def test_rows_of_other_lengths_are_padded_or_keep_their_surplus(path: Path) -> None:
    _, rows = rows_of(path, b"Name,Phone\nA\nB,2,3\nC,4,,\n")

    assert rows == [["A", ""], ["B", "2", "3"], ["C", "4"]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "no rows"),
        (b"%PDF-1.7 ...", "neither a CSV nor an XLSX"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "neither a CSV nor an XLSX"),
        (b"<html><body>", "web page"),
        (b'{"a": 1}', "web page or JSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"Name,Phone,phone\nA,1,2\n", "Two columns are called"),
        (b"Bob,2055550142\nAnn,2055550143\n", "seems to be data"),
        (b'Name,Phone\n"A,1\n' + b"x,2\n" * 60_000, "Line 2"),
        (b"Name,Phone\nA," + b"9" * 10_000_000 + b"\n", "characters"),
        (b"Name,Phone\nA," + b"9" * 40_000 + b"\n", "40,000 characters"),
        (b"PK\x03\x04 not really", "damaged"),
    ],
)
def test_open_table_of_what_cannot_be_imported_says_why(
    path: Path, data: bytes, words: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        rows_of(path, data)

    assert words in refused.value.message
    assert refused.value.remedy


def test_rows_beyond_the_limit_are_refused(path: Path) -> None:
    with pytest.raises(Unreadable, match="more than 3 rows"):
        rows_of(path, HEADER.encode() + b"A,1\n" * 4, limits=Limits(rows=3))


def test_file_beyond_the_limit_is_refused_unread(path: Path) -> None:
    with pytest.raises(Unreadable, match="are allowed"):
        rows_of(path, b"Name\n" + b"x" * 100, limits=Limits(file_bytes=50))


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(data: bytes, name: str, text: bytes) -> bytes:
    """The workbook with one part replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for part in old.infolist():
            new.writestr(part.filename, text if part.filename == name else old.read(part))
    return file.getvalue()


def test_workbook_gives_dates_numbers_and_yes_no_as_text(path: Path) -> None:
    from datetime import date, datetime

    data = workbook(
        [
            ["Name", "Zip", "Day", "At", "Ok"],
            ["A", 30309.0, date(2021, 3, 5), datetime(2021, 3, 5, 9), True],
        ]
    )

    _, rows = rows_of(path, data, "list.xlsx")

    assert rows == [["A", "30309", "2021-03-05", "2021-03-05 09:00:00", "yes"]]


def test_workbook_formula_without_stored_value_is_shown_as_it_is(path: Path) -> None:
    _, rows = rows_of(path, workbook([["Name", "Phone"], ["=1+1", "2"]]), "list.xlsx")

    assert rows == [["=1+1", "2"]]


def test_workbook_with_entities_is_refused(path: Path) -> None:
    evil = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
    <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
    <row r="1"><c r="A1" t="inlineStr"><is><t>&a;</t></is></c></row></sheetData></worksheet>"""
    data = with_part(workbook([["Name"], ["A"]]), "xl/worksheets/sheet1.xml", evil)

    with pytest.raises(Unreadable, match="XML entities"):
        rows_of(path, data, "list.xlsx")


def test_zip_bomb_is_refused_before_it_is_unpacked(path: Path) -> None:
    data = with_part(workbook([["Name"], ["A"]]), "xl/styles.xml", b" " * (30 << 20))

    with pytest.raises(Unreadable, match="unpacks to"):
        rows_of(path, data, "list.xlsx")


def test_big_sheet_is_refused_before_it_is_unpacked(path: Path) -> None:
    data = with_part(workbook([["Name"]]), "xl/worksheets/sheet1.xml", b" " * 5_000_000)

    with pytest.raises(Unreadable, match="unpacks to"):
        rows_of(path, data, "list.xlsx", Limits(unpacked_bytes=4_000_000))


def test_workbook_cell_of_ten_megabytes_is_refused(path: Path) -> None:
    data = workbook([["Name"], ["A"]])
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row>'
        b'<row r="2"><c r="A2" t="inlineStr"><is><t>' + b"x" * 10_000_000 + b"</t></is></c></row>"
        b"</sheetData></worksheet>"
    )

    with pytest.raises(Unreadable, match="10,000,000 characters"):
        rows_of(path, with_part(data, "xl/worksheets/sheet1.xml", sheet), "list.xlsx")


def test_other_archives_are_refused(path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")

    with pytest.raises(Unreadable, match="not an Excel workbook"):
        rows_of(path, file.getvalue(), "list.xlsx")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'=1", "=1"),
        ("''=1", "'=1"),
        ("'+x", "+x"),
        ("O'Brien", "O'Brien"),
        ("' x", "' x"),
    ],
)
def test_rearmed_takes_one_disarming_apostrophe_off(text: str, expected: str) -> None:
    assert rearmed(text) == expected


def test_headers_key_ignores_order_and_case() -> None:
    assert headers_key(["Name", "Phone  No"]) == headers_key(["phone no", "NAME"])
    assert headers_key(["Name"]) != headers_key(["Names"])
