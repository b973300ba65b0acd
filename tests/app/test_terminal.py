"""A tenant's words in a terminal: no escape sequence, no second line."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

from local.host import Progress
from local.progress import Lines
from local.summary import printed

EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\r\n23:59:59 judged everything: pass\u202e\u2028x"
AT = datetime(2026, 11, 24, 3, tzinfo=UTC)


def test_progress_is_one_harmless_line_an_event() -> None:
    out = io.StringIO()
    lines = Lines(out)
    order, said = {"facts": ["users"]}, {"facts": {"users": {"read": False, "because": EVIL, "pages": 0}}}
    lines.tell(Progress("activity_started", "read_lane", "scan", AT, 1, input=json.dumps(order)))
    lines.tell(Progress("activity_completed", "read_lane", "scan", AT, 1, input=json.dumps(order), output=json.dumps(said)))
    lines.tell(Progress("activity_completed", "close_run", "scan", AT, 2, input="{}", output=json.dumps({"fault": EVIL})))
    lines.tell(Progress("activity_failed", "scan_control", "scan", AT, 3, input="{}", output=EVIL))
    _harmless(out.getvalue(), lines=3)


def test_the_summary_shows_a_hostile_name_harmlessly() -> None:
    out = io.StringIO()
    summary = {"run": "r", "tenant": {"name": EVIL}, "counts": {"total": 0}, "by_severity": {}, "complete": True}
    printed(summary, {"report": "a", "package": "b", "attestation": "c"}, Path("p"), Path("k"), out)
    _harmless(out.getvalue(), lines=10)


def _harmless(text: str, lines: int) -> None:
    assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2028"} & set(text)
    assert text.count("\n") == lines
    assert "judged everything" in text
