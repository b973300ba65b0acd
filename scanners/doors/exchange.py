"""The door to the Exchange Online administration."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from scanners.doors.commands import SYSTEM_MAILBOX, command_pages
from scanners.doors.transport import Line
from scanners.doors.way import Way
from scanners.model import Ask, Fact, Throttle
from scanners.ports import Answer


@dataclass(frozen=True, slots=True)
class ExchangeDoor:
    """Cmdlets of Exchange Online, at most three at a time."""

    way: Way
    tenant_id: str

    def on(self, line: Line) -> "ExchangeDoor":
        """The same door on another line."""
        return replace(self, way=replace(self.way, line=line))

    async def pages(self, fact: Fact, ask: Ask, resume: str | None = None) -> AsyncIterator[Answer]:
        """The pages of a cmdlet's answer. Contract: DoorPort."""
        anchor = f"APP:{SYSTEM_MAILBOX}@{self.tenant_id}"
        async for page in command_pages(self.way, self.tenant_id, anchor, fact, ask, resume, Throttle.EXCHANGE):
            yield page
