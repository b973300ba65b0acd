"""The hosts that take mail for each mail domain, as the public DNS names them. Asked first, because what is published about a host needs its name.

Source: RFC 5321, section 5.1. A domain without MX takes mail at its own name or nowhere; that is an empty list here.
"""

from collections.abc import Iterable

from scanners.declare import once_per
from scanners.mail_domains import AHEAD, mail_domains
from scanners.model import Ask, Door, Fact, Page, Throttle
from scanners.reading import Row, read_rows


class MailHost(Row):
    """One domain with its hosts, the preferred one first; readable is false where no resolver gave an answer."""

    domain: str
    readable: bool
    hosts: tuple[str, ...]


class _Record(Row):
    preference: int
    host: str


class _Stored(Row):
    name: str
    type: str
    status: str
    authenticated: bool
    resolver: str
    records: tuple[_Record, ...]


def _mx(domain: str) -> Ask:
    return Ask(path=domain, method="MX", about=domain, tolerates=frozenset({502, 504}))


def read(pages: Iterable[Page]) -> tuple[MailHost, ...]:
    """One row per domain."""
    rows = []
    for page in pages:
        records = sorted(page.body["records"], key=lambda r: (r["preference"], r["host"])) if page.body is not None else []
        rows.append({"domain": page.about, "readable": page.body is not None, "hosts": [record["host"] for record in records]})
    return read_rows(MailHost, rows)


fact = Fact(
    reading=tuple[MailHost, ...],
    door=Door.DNS,
    asks=once_per(lambda readings: mail_domains(readings["accepted_domains"]), _mx),
    after=("accepted_domains",),
    throttle=Throttle.DNS,
    ahead=AHEAD,
    stored=tuple[_Stored, ...],
    read=read,
    sample=[{"domain": "alderford.example", "readable": True, "hosts": ["alderford-example.mail.protection.outlook.com"]}],
)
