"""The file behind a statement: told by its bytes, kept by digest."""

import hashlib
import io
import zipfile

import pytest

from reporting.documents import DOCX, LARGEST, XLSX, inspected, media_type_of
from scanners.errors import RecordRefused


def office(main: str, *more: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as file:
        for name in ("[Content_Types].xml", main, *more):
            file.writestr(name, "<x/>")
    return body.getvalue()


GOOD = [
    ("application/pdf", b"%PDF-1.7\n..."),
    ("image/png", b"\x89PNG\r\n\x1a\n...."),
    ("image/jpeg", b"\xff\xd8\xff\xe0...."),
    ("text/plain", "Überprüft".encode()),
    ("text/csv", b"\xef\xbb\xbfa;b\r\n1;2\r\n"),
    ("application/json", b'{"a": 1}'),
    (DOCX, office("word/document.xml")),
    (XLSX, office("xl/workbook.xml")),
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
    if other == media or media in ("text/plain", "text/csv"):
        return
    if media == "application/json" and other == "application/json":
        return
    with pytest.raises(RecordRefused):
        inspected(body, media, "some-id")


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/pdf", b""),
        ("text/plain", b"\x00\x01binary"),
        ("text/plain", b"\xff\xfe\x00"),
        ("application/json", b"{not json"),
        ("application/json", b"[" * 200_000),
        ("text/html", b"<html>"),
        ("application/zip", office("word/document.xml")),
        (DOCX, office("xl/workbook.xml")),
        (DOCX, office("word/document.xml", "word/vbaProject.bin")),
        (XLSX, b"PK\x03\x04 broken"),
    ],
)
def test_what_is_not_taken(media: str, body: bytes) -> None:
    with pytest.raises(RecordRefused):
        inspected(body, media, "some-id")


def test_one_byte_too_many() -> None:
    start = b"%PDF-1.7"
    assert inspected(start + b"x" * (LARGEST - len(start)), "application/pdf", "i").bytes == LARGEST
    with pytest.raises(RecordRefused, match="at most"):
        inspected(start + b"x" * (LARGEST - len(start) + 1), "application/pdf", "i")


def test_endings() -> None:
    assert media_type_of("Report.PDF") == "application/pdf"
    for name in ("report", "report.exe", "report.pdf.html", ".docm", "x.xlsm"):
        with pytest.raises(RecordRefused):
            media_type_of(name)
