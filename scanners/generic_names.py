"""Sign-in names that name a function instead of a person, such as `front.desk2` or `nurses`."""

import re

_WORDS = """
    admin administrator office info reception frontdesk front desk nurse nurses doctor clinic ward lab pharmacy billing scan scanner fax kiosk
    shared team test temp training guest user service svc support helpdesk intake records
"""
GENERIC_WORDS = frozenset(_WORDS.split())


def looks_generic(local_part: str) -> bool:
    """True when the local part, split at . - _ and digits, consists of generic words only. A person called Ward has a first name too."""
    words = [word for word in re.split(r"[.\-_\d]+", local_part.lower()) if word]
    return bool(words) and all(word in GENERIC_WORDS for word in words)
