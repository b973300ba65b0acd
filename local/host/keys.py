"""The keys of the local host, made once per data folder and readable by its owner only.

They play the part of the platform's keys: `default` opens FUNCTION routes, `master` opens every route, `system` the
Durable management endpoints. Source: learn.microsoft.com/azure/azure-functions/function-keys-how-to
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .errors import HostError


@dataclass(frozen=True)
class Keys:
    """Three secrets. Hidden from repr, so that a log line cannot show them."""

    default: str = field(repr=False)
    master: str = field(repr=False)
    system: str = field(repr=False)

    def allows(self, level: str, given: str | None) -> bool:
        """Whether `given` opens a route of this level (ANONYMOUS, FUNCTION, ADMIN, SYSTEM), compared in constant time."""
        if level == "ANONYMOUS":
            return True
        opening = {"FUNCTION": (self.default, self.master), "SYSTEM": (self.system, self.master)}.get(level, (self.master,))
        offered = (given or "").encode("utf-8", "surrogateescape")
        # Every key is compared, so that the time taken does not tell which one was close.
        return any([hmac.compare_digest(offered, key.encode()) for key in opening])  # noqa: C419


def load(data: Path) -> Keys:
    """Keys of the data folder, made on first use (file mode 0600). Raises HostError when the file is not ours to trust."""
    path = data / "keys.json"
    if path.exists():
        return _read(path)
    made = Keys(*(secrets.token_urlsafe(40) for _ in range(3)))
    # Written aside and moved, so that a host killed in between leaves no half of a file.
    aside = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        json.dump(asdict(made), file)
    aside.replace(path)
    return made


def _read(path: Path) -> Keys:
    try:
        keys = Keys(**json.loads(path.read_text("ascii")))
    except (ValueError, TypeError) as fault:
        raise HostError(f"{path} is damaged; remove it and start again, new keys are made") from fault
    if not all(isinstance(key, str) and len(key) >= 32 for key in (keys.default, keys.master, keys.system)):
        raise HostError(f"{path} holds a key that is too short; remove it and start again, new keys are made")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise HostError(f"{path} can be read by other users of this machine; remove it and start again, new keys are made")
    return keys
