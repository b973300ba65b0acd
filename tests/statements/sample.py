"""Statements and the facts they belong to, for the tests of this folder."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

from reporting.records import Actor
from reporting.stating import Told
from scanners import catalogue
from scanners.model import Fact
from scanners.statements import example_of

AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
PERSON = "b1f0c5a2-2d53-4f1c-9b5e-1a0f6d3c7e21"
OTHER = "3a1b7f0e-3a8d-4d52-8e90-6a0d6d3b0404"
TYPES: dict[str, Fact] = {f.statement.type: f for f in catalogue.load().facts.values() if f.statement is not None}


def details(kind: str) -> dict[str, Any]:
    """Details of a type that are good."""
    return example_of(TYPES[kind])


def draft(kind: str = "restore_test", **said: Any) -> dict[str, Any]:
    """What a person hands in."""
    role = TYPES[kind].statement.attester_role  # type: ignore[union-attr]
    return {
        "type": kind,
        "statement": "I confirm that what is said here is true and was looked at.",
        "attester": {"name": "A. Finch", "title": "Head of operations", "role": role, "entra_object_id": PERSON},
        "effective_from": "2026-11-01",
        "contains_phi": False,
        "details": details(kind),
        **said,
    }


def told(kind: str = "restore_test", **said: Any) -> Told:
    """How it came: from a terminal, read by one control."""
    return Told(**{"fact": TYPES[kind], "controls": ("restores_have_been_tested",), "by": Actor(kind="cli"), "at": AT, **said})


def main_type(part: str) -> str:
    """The type of a document's main part, as Word and Excel write it."""
    kind = "wordprocessingml.document" if part.startswith("word/") else "spreadsheetml.sheet"
    return f"application/vnd.openxmlformats-officedocument.{kind}.main+xml"


def office(
    main: str,
    *parts: str,
    listed: str | None = None,
    more: str = "",
    encoding: str = "utf-8",
    comment: bytes = b"",
    compression: int = zipfile.ZIP_STORED,
) -> bytes:
    """An Office document with these parts; `listed` is its list of parts where that is another, `more` what the list holds besides."""
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{main_type(main)}"/>{more}</Types>'
    )
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", compression) as file:
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        file.writestr("[Content_Types].xml", ((head + kinds) if listed is None else listed).encode(encoding))
        for name in (main, *parts):
            file.writestr(name, "<x/>")
        file.comment = comment
    return body.getvalue()
