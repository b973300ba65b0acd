"""The file behind a statement: what kinds are taken, told by their bytes and not by what the sender calls them. Kept by digest, never parsed."""

import io
import json
import re
import zipfile

from reporting.records import Document, sha256
from scanners.errors import RecordRefused

LARGEST = 25 * 1024 * 1024  # bytes
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = _OFFICE + "wordprocessingml.document", _OFFICE + "spreadsheetml.sheet"
BY_ENDING = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".json": "application/json",
    ".docx": DOCX,
    ".xlsx": XLSX,
}
_STARTS = {"application/pdf": b"%PDF-", "image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_MAIN_PART = {DOCX: "word/document.xml", XLSX: "xl/workbook.xml"}
_MACROS = re.compile(r"vbaProject", re.IGNORECASE)


def media_type_of(name: str) -> str:
    """The media type that a file name's ending stands for. Raises RecordRefused for one that is not taken."""
    ending = f".{name.rsplit('.', 1)[-1].lower()}" if "." in name else ""
    if ending not in BY_ENDING:
        raise RecordRefused({"document": f"files ending in {ending or 'nothing'} are not taken; taken are {', '.join(BY_ENDING)}"})
    return BY_ENDING[ending]


def inspected(body: bytes, media_type: str, statement: str, version: str = "1") -> Document:
    """The record of a file: digest, size, type. Raises RecordRefused when it is empty, too large, or not what its type says."""
    problem = _problem(body, media_type)
    if problem:
        raise RecordRefused({"document": problem})
    digest = sha256(body)
    return Document(blob_path=f"statements/{statement}/documents/{digest}", sha256=digest, bytes=len(body), media_type=media_type, version=version)


def _problem(body: bytes, media_type: str) -> str | None:
    if not body:
        return "the file is empty"
    if len(body) > LARGEST:
        return f"the file has {len(body)} bytes; at most {LARGEST} are taken"
    if media_type in _STARTS:
        return None if body.startswith(_STARTS[media_type]) else f"the file is not of the type {media_type}"
    if media_type in _MAIN_PART:
        return _office_problem(body, _MAIN_PART[media_type])
    if media_type in ("text/plain", "text/csv", "application/json"):
        return _text_problem(body, media_type)
    return f"the type {media_type[:60]!r} is not taken; taken are {', '.join(sorted(set(BY_ENDING.values())))}"


def _office_problem(body: bytes, main_part: str) -> str | None:
    """Only the list of names is read: nothing is unpacked."""
    try:
        names = zipfile.ZipFile(io.BytesIO(body)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "the file is not an Office document"
    if main_part not in names or "[Content_Types].xml" not in names:
        return "the file is not an Office document of that type"
    return "the document holds macros; save it without them, or as PDF" if any(map(_MACROS.search, names)) else None


def _text_problem(body: bytes, media_type: str) -> str | None:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "the text is not UTF-8"
    if "\0" in text:
        return "the file is no text"
    if media_type == "application/json":
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return "the file is not JSON"
    return None
