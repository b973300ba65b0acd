"""Whether bytes are a Word or Excel document and nothing else besides: told by the package's own list of parts, which is all that is unpacked.

An Office document is a zip whose `[Content_Types].xml` says what each part is; the programs go by that list and not by the parts' names
(ECMA-376 part 2, Open Packaging Conventions). The zip is held to what these programs write: it begins with its first part and ends with its
directory, so that a program or a page cannot hide in front of it or behind it.
"""

import io
import re
import struct
import zipfile
import zlib
from xml.parsers import expat

from scanners.errors import RecordRefused

_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = _OFFICE + "wordprocessingml.document", _OFFICE + "spreadsheetml.sheet"
_MAIN = {DOCX: f"{DOCX}.main+xml", XLSX: f"{XLSX}.main+xml"}
_LIST = "[Content_Types].xml"
_MACROS = re.compile(r"macroEnabled|vbaProject|vbaData|macrosheet", re.IGNORECASE)
_FIRST_PART, _END = b"PK\x03\x04", struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
PARTS = 5_000  # a long report with a picture on every page has some hundreds
DIRECTORY = 2 * 1024 * 1024  # bytes
INFLATED = 512 * 1024 * 1024  # bytes of all parts, as the directory gives them; nothing but the list is unpacked here
LIST = 1024 * 1024  # bytes
NOT_OFFICE, NOT_THAT = "the file is not an Office document", "the file is not an Office document of that type"
_MACRO = "the document holds macros; save it without them, or as PDF"


def _refused(why: str) -> RecordRefused:
    return RecordRefused({"document": why})


def office_problem(body: bytes, media_type: str) -> str | None:
    """Why the bytes are not taken as this type (DOCX or XLSX); None when they are."""
    try:
        _plain_zip(body)
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = _parts(archive)
            parts, kinds = _content_types(_list_of(archive))
        _check(names, parts, kinds, _MAIN[media_type])
    except RecordRefused as refusal:
        return refusal.problems["document"]
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError, expat.ExpatError):
        return NOT_OFFICE
    return None


def ends_as_zip(body: bytes) -> bool:
    """The bytes can be opened as a zip too, which reads from the end: a picture with one behind it is two files in one."""
    at = len(body)
    while (at := body.rfind(_END_MARK, max(0, len(body) - 0xFFFF - _END.size), at)) >= 0:
        if at + _END.size <= len(body) and at + _END.size + _END.unpack_from(body, at)[7] == len(body):
            return True
    return False


def _plain_zip(body: bytes) -> None:
    """Nothing before the first part, nothing behind the directory, one disk, no more parts than a document has: looked at before they are read."""
    if not body.startswith(_FIRST_PART) or len(body) < _END.size:
        raise _refused(NOT_OFFICE)
    mark, disk, first_disk, here, parts, size, start, comment = _END.unpack_from(body, len(body) - _END.size)
    if mark != _END_MARK or disk or first_disk or here != parts or comment:
        raise _refused(NOT_OFFICE)
    if parts > PARTS or size > DIRECTORY:
        raise _refused(f"the document has too many parts; at most {PARTS} are taken")
    if start + size != len(body) - _END.size:
        raise _refused(NOT_OFFICE)


def _parts(archive: zipfile.ZipFile) -> frozenset[str]:
    """Names in lower case, as the programs compare them."""
    found = archive.infolist()
    names = frozenset(each.filename.lower() for each in found)
    if len(names) != len(found) or any(each.flag_bits & 1 or each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for each in found):
        raise _refused(NOT_OFFICE)  # a part that comes twice is read in two ways; one that is encrypted cannot be read at all
    if sum(each.file_size for each in found) > INFLATED:
        raise _refused("the document is too large when it is unpacked")
    return names


def _list_of(archive: zipfile.ZipFile) -> bytes:
    try:
        entry = archive.getinfo(_LIST)
    except KeyError:
        raise _refused(NOT_THAT) from None
    with archive.open(entry) as file:
        listed = file.read(LIST + 1)  # whatever size the directory gives
    if len(listed) > LIST:
        raise _refused(NOT_OFFICE)
    return listed


def _content_types(listed: bytes) -> tuple[dict[str, str], frozenset[str]]:
    """Part in lower case -> its type, and all types."""
    parts: dict[str, str] = {}
    kinds: set[str] = set()

    def element(name: str, said: dict[str, str]) -> None:
        kinds.add(said.get("ContentType", ""))
        if name.rpartition(":")[2] == "Override":
            parts[said.get("PartName", "").lower().removeprefix("/")] = said.get("ContentType", "")

    def doctype(*_: object) -> None:
        raise _refused(NOT_OFFICE)  # such a list has none; entities are declared there

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = element, doctype
    parser.Parse(listed, True)
    return parts, frozenset(kinds)


def _check(names: frozenset[str], parts: dict[str, str], kinds: frozenset[str], main: str) -> None:
    if any(map(_MACROS.search, (*names, *kinds))):
        raise _refused(_MACRO)
    if [part in names for part, kind in parts.items() if kind.lower() == main.lower()] != [True]:
        raise _refused(NOT_THAT)
