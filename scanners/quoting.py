"""How a message shows a value of an answer: a short token as it is, anything else by its kind and size.

A property with a closed list should hold a word of Microsoft's, but a strange answer may put a person's name or the number of a record there, and
messages go into results, reports and tickets, which more people read than the evidence.
"""

import re
from collections.abc import Iterable
from typing import Any

MOST = 40  # characters of a word from a closed list; names of products are longer, so whoever shows one says so
MOST_DIGITS = 6  # where there is no letter: more may be the number of a person, a phone or a record
SHOWN = 3  # values of a list

_TOKEN = re.compile(r"[A-Za-z0-9_.-]+")
_LETTER = re.compile(r"[A-Za-z]")


def quoted(value: Any, most: int = MOST) -> str:
    """`'enabled'`, `12`, or what it is instead: `a text of 61 characters`, `a list of 3`. `most` is how long a token may be."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return str(value) if _harmless(str(value), most) else f"a number of {len(str(abs(value)))} digits"
    if isinstance(value, str):
        return repr(value) if _harmless(value, most) else f"a text of {len(value)} characters"
    if isinstance(value, dict):
        return f"an object of {len(value)} properties"
    return f"a list of {len(value)}" if isinstance(value, list | tuple) else f"a {type(value).__name__}"


def listed(values: Iterable[Any], most: int = MOST) -> str:
    """The first values, each as `quoted` shows it, and how many more there are."""
    every = [quoted(value, most) for value in values]
    return ", ".join(every[:SHOWN]) + (f" and {len(every) - SHOWN} more" if len(every) > SHOWN else "")


def token(value: str, most: int = MOST) -> str:
    """The same without quotation marks, for names that Microsoft gives, such as those of products."""
    return value if _harmless(value, most) else quoted(value, most)


def _harmless(text: str, most: int) -> bool:
    """A short token that is a word or a small number."""
    if len(text) > most or _TOKEN.fullmatch(text) is None:
        return False
    return _LETTER.search(text) is not None or sum(character.isdigit() for character in text) <= MOST_DIGITS
