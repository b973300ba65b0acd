"""What the Exchange and the Purview door share: one POST per cmdlet, read-only by allow-list.

The contract is not published by the vendor; it is what the vendor's own PowerShell module calls, and CISA's ScubaGear with it. So any
change of shape is unrecognised, never a finding.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from scanners.doors import remedies
from scanners.doors.graph import with_query
from scanners.doors.paging import PageTokenExpired, Walk
from scanners.doors.way import Message, Way, answer, dumps, read
from scanners.errors import CatalogueError, Unrecognised
from scanners.model import Ask, Fact, Throttle
from scanners.ports import Answer

SYSTEM_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"  # routes the request to the organisation's own server
PAGE_SIZE = 1000

_READS = re.compile(r"Get-[A-Z][A-Za-z0-9]{2,60}")
# Get- cmdlets whose answers are contents of mail, chats, searches or cases, or keys: no fact ever needs them.
_SHOWS_CONTENT = frozenset(
    {
        "get-messagetrace",
        "get-messagetracev2",
        "get-messagetracedetail",
        "get-messagetracedetailv2",
        "get-historicalsearch",
        "get-quarantinemessage",
        "get-quarantinemessageheader",
        "get-recoverableitems",
        "get-mailboxfolder",
        "get-mailboxfolderstatistics",
        "get-calendardiagnosticobjects",
        "get-calendardiagnosticlog",
        "get-messagecategory",
        "get-mailboxautoreplyconfiguration",
        "get-inboxrule",
        "get-sweeprule",
        "get-contact",
        "get-mailcontact",
        "get-compliancesearch",
        "get-compliancesearchaction",
        "get-compliancecase",
        "get-mailboxsearch",
        "get-maildetailatpreport",
        "get-maildetaildlppolicyreport",
        "get-maildetailencryptionreport",
        "get-maildetailtransportrulereport",
        "get-urltrace",
        "get-contentmalwaremdodetailreport",
        "get-supervisoryreviewactivity",
        "get-dlpdetailreport",
        "get-exportedcontent",
    }
)
_IDENTIFIER = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def allowed(cmdlet: str) -> bool:
    """Whether a cmdlet only reads, and reads settings."""
    return bool(_READS.fullmatch(cmdlet)) and cmdlet.lower() not in _SHOWS_CONTENT


def described(cmdlet: str, parameters: Mapping[str, Any]) -> str:
    """A command as evidence names it. An Identity that is no id may be an address, and is left out."""
    shown = {k: ("..." if k == "Identity" and not _IDENTIFIER.fullmatch(str(v)) else v) for k, v in parameters.items()}
    return f"{cmdlet} {json.dumps(shown, separators=(',', ':'), sort_keys=True)}" if shown else cmdlet


def command_headers(cmdlet: str, anchor: str) -> dict[str, str]:
    """The headers that the vendor's module sends."""
    return {
        "accept": "application/json",
        "content-type": "application/json",
        "x-responseformat": "json",
        "x-cmdletname": cmdlet,
        "x-anchormailbox": anchor,
        "prefer": f"odata.maxpagesize={PAGE_SIZE}",
    }


async def command_pages(way: Way, tenant_id: str, anchor: str, fact: Fact, ask: Ask, resume: str | None, throttle: Throttle) -> AsyncIterator[Answer]:
    """The pages of a cmdlet's answer; the next page is asked for with the same body. Contract: DoorPort."""
    if not allowed(ask.cmdlet):
        raise CatalogueError(f"fact {fact.id}: {ask.cmdlet or 'no cmdlet'} is not among the commands that only read settings")
    if resume is not None:
        Walk(way.base, "").follow(resume)
    url: str | None = resume or with_query(f"{way.base}/adminapi/beta/{tenant_id}/InvokeCommand", ask.query)
    content = dumps({"CmdletInput": {"CmdletName": ask.cmdlet, "Parameters": dict(ask.parameters)}})
    headers = {**command_headers(ask.cmdlet, anchor), **{k.lower(): v for k, v in ask.headers.items()}}
    walk = Walk(way.base, str(url))
    while url is not None:
        answered = await way.send(Message("POST", url, headers, content), throttle)
        if (walk.pages or resume) and answered.status == 410:
            raise PageTokenExpired("the link to the next page has expired")
        body = read(answered, fact, ask)
        if answered.status not in ask.tolerates and not (isinstance(body, dict) and isinstance(body.get("value"), list)):
            raise Unrecognised("the command answered without a list of values", remedies.REPORT)
        path = described(ask.cmdlet, ask.parameters)
        page = answer(answered, path=path, method="POST", body=body, api_version="beta", interface="observed")
        walk.arrived([row for row in body["value"] if row is not None] if isinstance(body, dict) and "value" in body else None)
        last = page.next_link is None or (ask.most_pages and walk.pages >= ask.most_pages)
        url = None if last else walk.follow(str(page.next_link))
        yield page
