"""The file behind a statement: what kinds are taken, told by their bytes and not by what the sender calls them. Kept by digest, never parsed."""

from reporting.office import DOCX, XLSX, ends_as_zip, office_problem
from reporting.records import Document, sha256
from scanners.errors import RecordRefused

LARGEST = 25 * 1024 * 1024  # bytes
TEXT = "text/plain"
BY_ENDING = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".txt": TEXT,
    ".docx": DOCX,
    ".xlsx": XLSX,
}
_STARTS = {"application/pdf": b"%PDF-", "image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


def media_type_of(name: str) -> str:
    """The media type that a file name's ending stands for. Raises RecordRefused for one that is not taken."""
    ending = f".{name.rsplit('.', 1)[-1].lower()}" if "." in name else ""
    if ending not in BY_ENDING:
        raise RecordRefused({"document": f"files ending in {ending[:20] or 'nothing'} are not taken; taken are {', '.join(BY_ENDING)}"})
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
        return _started_problem(body, media_type)
    if media_type in (DOCX, XLSX):
        return office_problem(body, media_type)
    if media_type == TEXT:
        return _text_problem(body)
    return f"the type {media_type[:60]!r} is not taken; taken are {', '.join(sorted(set(BY_ENDING.values())))}"


def _started_problem(body: bytes, media_type: str) -> str | None:
    """These begin with their mark at the first byte; readers that look further on would take a page with the mark inside for one."""
    if not body.startswith(_STARTS[media_type]):
        return f"the file is not of the type {media_type}"
    return "the file is a zip as well; save it as one thing" if ends_as_zip(body) else None


def _text_problem(body: bytes) -> str | None:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "the text is not UTF-8"
    return "the file is no text" if "\0" in text else None
