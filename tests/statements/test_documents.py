"""The file behind a statement: told by its bytes, kept by digest."""

import hashlib
import re
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from reporting.documents import BY_ENDING, LARGEST, inspected, media_type_of
from reporting.office import DOCX, INFLATED, LIST, PARTS, XLSX
from scanners.errors import RecordRefused
from tests.statements.sample import main_type, office

WORD, SHEET = "word/document.xml", "xl/workbook.xml"
GOOD = [
    ("application/pdf", b"%PDF-1.7\n..."),
    ("image/png", b"\x89PNG\r\n\x1a\n...."),
    ("image/jpeg", b"\xff\xd8\xff\xe0...."),
    ("text/plain", "Überprüft".encode()),
    (DOCX, office(WORD)),
    (DOCX, office("word/document2.xml")),
    (XLSX, office(SHEET)),
    (XLSX, office(SHEET, listed=None, encoding="utf-16")),
]


@pytest.mark.parametrize(("media", "body"), GOOD)
def test_what_is_taken(media: str, body: bytes) -> None:
    document = inspected(body, media, "some-id")
    assert document.sha256 == hashlib.sha256(body).hexdigest()
    assert document.bytes == len(body)
    assert document.blob_path == f"statements/some-id/documents/{document.sha256}"


@pytest.mark.parametrize("media", [media for media, _ in GOOD])
@pytest.mark.parametrize(("other", "body"), [*GOOD, ("a program", b"MZ\x90\x00\x03\x00\x00"), ("a page", b"<html><script>")])
def test_a_file_is_not_what_it_is_called(media: str, other: str, body: bytes) -> None:
    """Text is text whatever is written in it; everything else must begin as its type begins."""
    if other == media or (media == "text/plain" and b"\0" not in body and body[:1] not in b"\x89\xff"):
        return
    with pytest.raises(RecordRefused):
        inspected(body, media, "some-id")


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/pdf", b""),
        ("text/plain", b"\x00\x01binary"),
        ("text/plain", b"\xff\xfe\x00"),
        ("application/json", b'{"a": 1}'),
        ("text/csv", b"a;b\r\n1;2\r\n"),
        ("text/html", b"<html>"),
        ("application/zip", office(WORD)),
        ("application/pdf", b" %PDF-1.7"),
        ("application/pdf", b"<html>%PDF-1.7"),
        ("image/png", b"<html>\x89PNG\r\n\x1a\n"),
        ("application/pdf", b"%PDF-1.7\n" + office(WORD)),
        ("image/jpeg", b"\xff\xd8\xff\xe0...." + office(WORD)),
        ("image/png", b"\x89PNG\r\n\x1a\n" + office(WORD, comment=b"a comment")),
        (DOCX, office(SHEET)),
        (XLSX, office(WORD)),
        (XLSX, b"PK\x03\x04 broken"),
        (DOCX, b"MZ\x90\x00" + b"A" * 1000 + office(WORD)),
        (DOCX, b"<html><script>alert(1)</script>" + office(WORD)),
        (DOCX, office(WORD) + b"<script>"),
        (DOCX, office(WORD, comment=b"<script>")),
        (DOCX, office(WORD, listed="")),
        (DOCX, office(WORD, listed="<Types/>")),
        (DOCX, office(WORD, listed="<Types>")),
        (DOCX, office(WORD, listed=f'<!DOCTYPE Types [<!ENTITY main "{main_type(WORD)}">]><Types><Override PartName="/{WORD}" ContentType="&main;"/></Types>')),
        (DOCX, office("word/other.xml", listed=f'<Types><Override PartName="/{WORD}" ContentType="{main_type(WORD)}"/></Types>')),
        (DOCX, office(WORD, compression=zipfile.ZIP_LZMA)),
    ],
)  # fmt: skip
def test_what_is_not_taken(media: str, body: bytes) -> None:
    with pytest.raises(RecordRefused):
        inspected(body, media, "some-id")


MACRO_WORD = "application/vnd.ms-word.document.macroEnabled.main+xml"
VBA = "application/vnd.ms-office.vbaProject"


@pytest.mark.parametrize(
    ("media", "body"),
    [
        (DOCX, office(WORD, "word/vbaProject.bin")),
        (DOCX, office(WORD, "word/VBAPROJECT.BIN")),
        (DOCX, office(WORD, "word/vbaData.xml")),
        (DOCX, office(WORD, "word/evil.bin", listed=f'<Types><Override PartName="/{WORD}" ContentType="{MACRO_WORD}"/></Types>')),
        (DOCX, office(WORD, "word/evil.bin", more=f'<Default Extension="bin" ContentType="{VBA}"/>')),
        (DOCX, office(WORD, "word/evil.bin", more=f'<x:Override xmlns:x="x" PartName="/word/evil.bin" ContentType="{VBA.replace("v", "&#118;")}"/>')),
        (DOCX, office(WORD, "word/evil.bin", more=f'<Default Extension="bin" ContentType="{VBA}"/>', encoding="utf-16")),
        (XLSX, office(SHEET, "xl/macrosheets/sheet1.xml")),
        (XLSX, office(SHEET, "xl/sheet9.xml", more='<Override PartName="/xl/sheet9.xml" ContentType="application/vnd.ms-excel.macrosheet+xml"/>')),
        (XLSX, office(SHEET, "xl/s.xml", more='<Override PartName="/xl/s.xml" ContentType="application/vnd.ms-excel.intlmacrosheet+xml"/>')),
    ],
)
def test_macros_are_found_by_what_the_document_says_of_its_parts(media: str, body: bytes) -> None:
    with pytest.raises(RecordRefused, match="macros"):
        inspected(body, media, "some-id")


def directory(parts: int) -> bytes:
    """A zip that is nothing but a long directory."""
    entry = b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 33, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0) + b"abc"
    start, many = b"PK\x03\x04" + b"\0" * 26, entry * parts
    at = len(start)
    far = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, parts, parts, len(many), at)
    far += b"PK\x06\x07" + struct.pack("<IQI", 0, at + len(many), 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, min(parts, 65535), min(parts, 65535), min(len(many), 0xFFFFFFFF), at, 0)
    return start + many + (far if parts > 65535 else b"") + end


@pytest.mark.parametrize("parts", [PARTS + 1, 60_000, 400_000])
def test_a_long_directory_is_refused_before_it_is_read(parts: int) -> None:
    body = directory(parts)
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(RecordRefused, match=re.escape(f"at most {PARTS}")):
        inspected(body, DOCX, "some-id")
    took, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 0.1
    assert peak < 1_000_000


def test_many_parts_are_a_document_still() -> None:
    many = [f"word/media/image{number}.png" for number in range(PARTS - 2)]
    assert inspected(office(WORD, *many), DOCX, "some-id").media_type == DOCX


def test_a_bomb_is_refused_by_what_its_directory_says_and_by_what_comes_out() -> None:
    body = bytearray(office(WORD, "word/media/image1.png"))
    at = body.rindex(b"PK\x01\x02")
    body[at + 24 : at + 28] = struct.pack("<I", INFLATED + 1)
    with pytest.raises(RecordRefused, match="too large when it is unpacked"):
        inspected(bytes(body), DOCX, "some-id")
    bomb = office(WORD, more=" " * (40 * LIST), compression=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    with pytest.raises(RecordRefused):
        inspected(bomb, DOCX, "some-id")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * LIST


def test_a_part_that_comes_twice_or_is_encrypted_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = office(WORD, "[Content_Types].xml")
    encrypted = bytearray(office(WORD))
    at = encrypted.rindex(b"PK\x01\x02")
    encrypted[at + 8] |= 1
    for body in (twice, office(WORD, WORD.upper()), bytes(encrypted)):
        with pytest.raises(RecordRefused):
            inspected(body, DOCX, "some-id")


def test_every_broken_byte_is_refused_or_taken_and_never_a_fault() -> None:
    whole = office(WORD)
    for at in range(len(whole)):
        for value in (0, 255):
            broken = whole[:at] + bytes([value]) + whole[at + 1 :]
            try:
                inspected(broken, DOCX, "some-id")
            except RecordRefused:
                continue
    for length in range(len(whole)):
        with pytest.raises(RecordRefused):
            inspected(whole[:length], DOCX, "some-id")


def test_what_is_taken_is_what_the_pages_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "API.md").read_text(encoding="utf-8")
    said = page.partition("## Files behind statements")[2].partition("\n## ")[0]
    assert {ending.strip(".").upper() for ending in BY_ENDING} - {"JPG"} == set(re.findall(r"\b(PDF|PNG|JPEG|DOCX|XLSX|TXT|CSV|JSON)\b", said))


def test_one_byte_too_many() -> None:
    start = b"%PDF-1.7"
    assert inspected(start + b"x" * (LARGEST - len(start)), "application/pdf", "i").bytes == LARGEST
    with pytest.raises(RecordRefused, match="at most"):
        inspected(start + b"x" * (LARGEST - len(start) + 1), "application/pdf", "i")


def test_endings() -> None:
    assert media_type_of("Report.PDF") == "application/pdf"
    for name in ("report", "report.exe", "report.pdf.html", ".docm", "x.xlsm", "x.csv", "x.json"):
        with pytest.raises(RecordRefused):
            media_type_of(name)
