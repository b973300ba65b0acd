"""What the public DNS says of each mail domain: who may send (SPF, DKIM, DMARC), and how mail to it is protected on the way (MTA-STS, DANE, reports).

Sources: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC), RFC 8461 (MTA-STS), RFC 8460 (reports), RFC 7672 (DANE). A resolver's failure and silence are
no answers; that a name or a record is not there is one. A domain without a DMARC record is governed by that of a domain above it. Only records
of these kinds are kept, and addresses that reports go to by their domain.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from scanners.mail_domains import AHEAD, mail_domains, parents
from scanners.model import Ask, Door, Fact, Page, Readings, Throttle
from scanners.reading import Json, Row, read_rows

KINDS = {"spf": "v=spf1", "dmarc": "v=DMARC1", "dkim": "v=DKIM1", "mta_sts": "v=STSv1", "tls_rpt": "v=TLSRPTv1"}
UNANSWERED = {502: "servfail", 504: "timeout"}
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?=[A-Za-z0-9-])")
_MODE = re.compile(r"^\s*mode\s*:\s*(enforce|testing|none)\s*$", re.MULTILINE)
Status = Literal["ok", "nxdomain", "nodata", "absent", "unreadable", "servfail", "timeout"]


class MxRecord(Row):
    """One host that takes mail."""

    preference: int
    host: str


class Statuses(Row):
    """How each question was answered. TLSA is null where there is no host to ask about."""

    mx: Status
    spf: Status
    dmarc: Status
    dkim_selector1: Status
    dkim_selector2: Status
    mta_sts: Status
    tls_rpt: Status
    tlsa: Status | None


class MailDomain(Row):
    """One domain. Lists hold the records as published, chunks joined; a selector is its CNAME target, `txt`, or `absent`."""

    domain: str
    mx: tuple[MxRecord, ...]
    spf: tuple[str, ...]
    dmarc: tuple[str, ...]
    dmarc_from: Literal["own", "organisational", "none"]
    dkim_selector1: str
    dkim_selector2: str
    mta_sts_txt: tuple[str, ...]
    mta_sts_mode: Literal["enforce", "testing", "none", "absent", "unreadable"]
    tls_rpt: tuple[str, ...]
    dane: Literal["validated", "present_unvalidated", "absent"]
    status: Statuses


class _Stored(Row):
    name: str
    type: str
    status: str
    authenticated: bool
    resolver: str
    records: Any


def asks(readings: Readings) -> Iterable[Ask]:
    """All questions about all mail domains."""
    hosts = {row.domain: row.hosts for row in readings["dns_mail_hosts"]}
    silent = {row.domain for row in readings["dns_mail_hosts"] if not row.readable}
    for domain in mail_domains(readings["accepted_domains"]):
        yield from _about(domain, hosts.get(domain, ()), 1 if domain in silent else 0)


def _about(domain: str, hosts: tuple[str, ...], tries: int) -> Iterable[Ask]:
    """One try where nobody answered about the domain a moment ago, so that dead domains do not use up the time of the others."""

    def ask(kind: str, name: str) -> Ask:
        return Ask(path=name, method=kind, about=domain, tolerates=frozenset(UNANSWERED), tries=tries)

    yield ask("MX", domain)
    yield ask("TXT", domain)
    for above in (domain, *parents(domain)):
        yield ask("TXT", f"_dmarc.{above}")
    for selector in ("selector1", "selector2"):
        yield ask("CNAME", f"{selector}._domainkey.{domain}")
        yield ask("TXT", f"{selector}._domainkey.{domain}")
    yield ask("TXT", f"_mta-sts.{domain}")
    yield ask("MTA-STS", domain)
    yield ask("TXT", f"_smtp._tls.{domain}")
    if hosts:
        yield ask("TLSA", f"_25._tcp.{hosts[0]}")


def reduce(page: Json) -> Json:
    """Of texts only those of a known kind, with the addresses of reports by their domain."""
    kept = page["records"]
    if page["type"] == "TXT":
        kept = [_ADDRESS.sub("", text) for text in kept if text.strip().lower().startswith(tuple(kind.lower() for kind in KINDS.values()))]
    if page["type"] == "MTA-STS":
        kept = [f"mode: {found[1]}" for text in kept if (found := _MODE.search(text)) is not None]
    return {**page, "records": kept}


def read(pages: Iterable[Page]) -> tuple[MailDomain, ...]:
    """One row per domain, put together from the answers to its questions."""
    answers: dict[str, dict[str, Mapping[str, Any]]] = {}
    for page in pages:
        answer = page.body if page.body is not None else {"status": UNANSWERED[page.status], "records": [], "authenticated": False}
        answers.setdefault(page.about, {})[page.path] = answer
    return read_rows(MailDomain, [_row(domain, found) for domain, found in answers.items()])


def _row(domain: str, answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    mx, txt, rpt = answers[f"MX {domain}"], answers[f"TXT {domain}"], answers[f"TXT _smtp._tls.{domain}"]
    sts, policy = answers[f"TXT _mta-sts.{domain}"], answers[f"MTA-STS {domain}"]
    tlsa = next((found for name, found in answers.items() if name.startswith("TLSA ")), None)
    dmarc, dmarc_from, dmarc_status = _dmarc(domain, answers)
    one, two = (_selector(f"{selector}._domainkey.{domain}", answers) for selector in ("selector1", "selector2"))
    return {
        "domain": domain,
        "mx": mx["records"],
        "spf": _of("spf", txt),
        "dmarc": dmarc,
        "dmarcFrom": dmarc_from,
        "dkimSelector1": one[0],
        "dkimSelector2": two[0],
        "mtaStsTxt": _of("mta_sts", sts),
        "mtaStsMode": _mode(policy),
        "tlsRpt": _of("tls_rpt", rpt),
        "dane": _dane(tlsa),
        "status": {
            "mx": mx["status"],
            "spf": txt["status"],
            "dmarc": dmarc_status,
            "dkimSelector1": one[1],
            "dkimSelector2": two[1],
            "mtaSts": sts["status"],
            "tlsRpt": rpt["status"],
            "tlsa": tlsa["status"] if tlsa is not None else None,
        },
    }


def _of(kind: str, answer: Mapping[str, Any]) -> list[str]:
    return [text for text in answer["records"] if text.strip().lower().startswith(KINDS[kind].lower())]


def _dmarc(domain: str, answers: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], str, str]:
    """The record that holds: the domain's own, else the nearest above. An unanswered question on the way leaves open which one that is."""
    for above in (domain, *parents(domain)):
        answer = answers[f"TXT _dmarc.{above}"]
        if answer["status"] in UNANSWERED.values():
            return [], "none", answer["status"]
        if found := _of("dmarc", answer):
            return found, "own" if above == domain else "organisational", "ok"
    return [], "none", answers[f"TXT _dmarc.{domain}"]["status"]


def _selector(name: str, answers: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    alias, text = answers[f"CNAME {name}"], answers[f"TXT {name}"]
    if alias["records"]:
        return alias["records"][0], "ok"
    if _of("dkim", text):
        return "txt", "ok"
    unanswered = next((each["status"] for each in (alias, text) if each["status"] in UNANSWERED.values()), None)
    return "absent", unanswered or text["status"]


def _mode(policy: Mapping[str, Any]) -> str:
    if policy["status"] == "absent":
        return "absent"
    found = _MODE.search("".join(policy["records"]))
    return found[1] if found is not None else "unreadable"


def _dane(answer: Mapping[str, Any] | None) -> str:
    if answer is None or not answer["records"]:
        return "absent"
    return "validated" if answer["authenticated"] else "present_unvalidated"


fact = Fact(
    reading=tuple[MailDomain, ...],
    door=Door.DNS,
    asks=asks,
    after=("accepted_domains", "dns_mail_hosts"),
    throttle=Throttle.DNS,
    ahead=AHEAD,
    stored=tuple[_Stored, ...],
    keep="listed",
    reduce=reduce,
    read=read,
    sample=[
        {
            "domain": "alderford.example",
            "mx": [{"preference": 0, "host": "alderford-example.mail.protection.outlook.com"}],
            "spf": ["v=spf1 include:spf.protection.outlook.com -all"],
            "dmarc": ["v=DMARC1; p=reject; rua=mailto:alderford.example"],
            "dmarcFrom": "own",
            "dkimSelector1": "selector1-alderford-example._domainkey.alderford.onmicrosoft.com",
            "dkimSelector2": "selector2-alderford-example._domainkey.alderford.onmicrosoft.com",
            "mtaStsTxt": ["v=STSv1; id=20260101"],
            "mtaStsMode": "enforce",
            "tlsRpt": [],
            "dane": "absent",
            "status": {
                "mx": "ok",
                "spf": "ok",
                "dmarc": "ok",
                "dkimSelector1": "ok",
                "dkimSelector2": "ok",
                "mtaSts": "ok",
                "tlsRpt": "nxdomain",
                "tlsa": "nxdomain",
            },
        }
    ],
)
