"""Identifiers and even-handed chance, both decided by names and numbers alone, so that one tenant file is one tenant on every machine."""

from __future__ import annotations

import uuid
import zlib

SPACE = uuid.UUID("6f0f3c1e-7d0b-4a52-9f0a-5a1d2f6f7a10")
MASK = (1 << 64) - 1


def guid(*parts: object) -> str:
    """A GUID that belongs to these words."""
    return str(uuid.uuid5(SPACE, "/".join(str(part) for part in parts)))


def mix(number: int) -> int:
    """One step of splitmix64: spreads a number over 64 bits."""
    number = (number + 0x9E3779B97F4A7C15) & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


class Chance:
    """Draws by (row number, subject): the same answer always, without state, so that rows can be made in any order."""

    def __init__(self, seed: int) -> None:
        self._seed = mix(seed)
        self._salts: dict[str, int] = {}

    def _salt(self, subject: str) -> int:
        if subject not in self._salts:
            self._salts[subject] = mix(zlib.crc32(subject.encode()) ^ self._seed)
        return self._salts[subject]

    def unit(self, row: int, subject: str) -> float:
        """A number in [0, 1)."""
        return mix(row ^ self._salt(subject)) / (MASK + 1)

    def below(self, row: int, subject: str, limit: int) -> int:
        """An integer in [0, limit)."""
        return mix(row ^ self._salt(subject)) % limit

    def choose(self, row: int, subject: str, shares: dict[str, float]) -> str:
        """A name, by shares that add up to at most 1; the last name takes what is left."""
        at, name = self.unit(row, subject), ""
        for name, share in shares.items():  # noqa: B007 - the last name is the answer when nothing else was
            at -= share
            if at < 0:
                break
        return name

    def row_guid(self, row: int, subject: str) -> str:
        """A GUID that carries its row number, so that a row is found by its id without a table."""
        high, salt = mix(row ^ self._salt(subject)), self._salt(subject) & 0xFFFFFFFF
        return f"{high >> 32:08x}-{(high >> 16) & 0xFFFF:04x}-4{high & 0xFFF:03x}-9{(salt >> 4) & 0xFFF:03x}-{(row ^ salt):012x}"

    def guid_row(self, guid_text: str, subject: str, rows: int) -> int | None:
        """The row number of a GUID made by `row_guid`, or None for any other."""
        try:
            row = int(guid_text.rsplit("-", 1)[-1], 16) ^ (self._salt(subject) & 0xFFFFFFFF)
        except ValueError:
            return None
        return row if 0 <= row < rows and self.row_guid(row, subject) == guid_text.lower() else None
