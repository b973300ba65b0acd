"""Text of a tenant made harmless to a reader: no control, direction or private characters, and no more of it than a person reads.

Direction marks can make `gpj.exe` read as `exe.jpg` (https://www.unicode.org/reports/tr36/ , section 3); they are shown by their number instead.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

LONGEST = 1200
_SUSPECT = re.compile(r"[^\n\t\x20-\x7e\u00a1-\u02ff\u0370-\u05ff\u4e00-\u9fff]")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")


def plain(text: str, longest: int = LONGEST) -> str:
    """`text` with hidden characters shown as U+XXXX, cut to `longest` characters with a note of how long it was."""
    shown = text if len(text) <= longest else text[:longest]
    shown = _SUSPECT.sub(lambda match: f"[U+{ord(match[0]):04X}]" if unicodedata.category(match[0]) in _HIDDEN else match[0], shown)
    return shown if len(text) <= longest else f"{shown} ... ({len(text):,} characters in all)"


def words(name: str) -> str:
    """`allowInvitesFrom` or `allow_invites_from` as words."""
    return " ".join(_WORD.sub(" ", name).split()).lower()


def value(given: Any, longest: int = 400) -> str:
    """An observed value as a person reads it."""
    if given is None:
        return "not set"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, str):
        return plain(given, longest)
    if isinstance(given, list | tuple) and not any(isinstance(each, dict | list | tuple) for each in given):
        return few([value(each, 120) for each in given[:20]], len(given)) if given else "none"
    if isinstance(given, list | tuple) and all(isinstance(each, dict) for each in given):
        return plain("; ".join(_pairs(each) for each in given[:5]) + (f"; and {len(given) - 5:,} more" if len(given) > 5 else ""), longest)
    if isinstance(given, dict) and not any(isinstance(each, dict | list | tuple) for each in given.values()):
        return plain(_pairs(given), longest)
    return plain(json.dumps(given, ensure_ascii=False, sort_keys=True, default=str), longest)


def _pairs(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{words(str(name))} {value(each, 80)}" for name, each in given.items())


def few(shown: list[str], of: int) -> str:
    """Some of many, in a line."""
    more = of - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def is_said(name: str, given: Any) -> bool:
    """Whether `sentences` says all of this property."""
    every = isinstance(given, list | tuple) and given and all(isinstance(each, dict) and isinstance(each.get("witness"), str) for each in given)
    return name in {"witness", "witnesses"} or bool(every)


def sentences(observed: Mapping[str, Any]) -> Iterable[str]:
    """Sentences that a rule wrote for people: each witness of a gap, wherever it stands in what was observed."""
    for name, given in observed.items():
        if name in {"witness", "witnesses"} and isinstance(given, str | list | tuple):
            yield from ([given] if isinstance(given, str) else [each if isinstance(each, str) else value(each) for each in given])
        elif isinstance(given, list | tuple):
            yield from (each["witness"] for each in given if isinstance(each, dict) and isinstance(each.get("witness"), str))
