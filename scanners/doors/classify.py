"""What a refused answer means. Pure: status, headers and body in, a leaf of Undecided out.

The table of errors was gathered from live tenants (Graph's documentation names few of them). Two rules stand above it: a 403 is believed
to speak of permissions only when it is the service's own JSON, and a licence error is only classified here, the engine confirms it
against the tenant's service plans, because licensed tenants get it now and then too. Texts of the service are never repeated: they may
hold names of the tenant. Codes are.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scanners.doors import remedies
from scanners.errors import NotLicensed, NotPermitted, NotSupported, Undecided, Unreachable, Unrecognised
from scanners.model import Door, Fact

ADMINISTRATIONS = frozenset({Door.EXCHANGE, Door.PURVIEW, Door.TEAMS, Door.SHAREPOINT})
CMDLETS = frozenset({Door.EXCHANGE, Door.PURVIEW})

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")
_NO_LICENCE_CODES = frozenset({"Authentication_RequestFromNonPremiumTenantOrB2CTenant", "NoLicense", "AadPremiumLicenseRequired"})
_NO_LICENCE = re.compile(
    r"AadPremiumLicenseRequired|not licensed|does ?n[o']t have (a )?(premium|valid) license|not meet license requirement"
    r"|Request not applicable to target tenant",
    re.IGNORECASE,
)
_NO_SUCH_CMDLET = re.compile(r"name of a cmdlet|CommandNotFoundException|cmdlet .{0,80}(not recogni[sz]ed|not found)", re.IGNORECASE | re.DOTALL)
_NO_SUCH_PARAMETER = re.compile(r"parameter cannot be found|ParameterBindingException", re.IGNORECASE)
_NO_SUCH_PATH = re.compile(r"Resource not found for the segment|UnknownApiVersion|segment .{0,80} not (valid|found)", re.IGNORECASE | re.DOTALL)
_INTUNE_FORBIDDEN = re.compile(r"ErrorCode\W+Forbidden")  # Intune says 401 or 403 UnknownError with a message that is JSON itself
_EXPIRED = re.compile(r"ExpiredPageToken|skip ?token|page ?token|cursor", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Error:
    """The service's own words: `code` is safe to show, `text` is only searched."""

    json: bool
    service: bool  # JSON with an `error`, as the service writes it
    code: str
    text: str


def error_of(body: bytes) -> Error:
    """What an error body says; codes nested in a message that is itself JSON (as Intune writes it) count too."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        return Error(json=False, service=False, code="", text=body[:4096].decode("utf-8", "replace"))
    inner = value.get("error") if isinstance(value, dict) else None
    service = isinstance(inner, dict | str) or (isinstance(value, dict) and any(k in value for k in ("odata.error", "Message", "errorCode")))
    return Error(json=True, service=service, code=_code(inner), text=json.dumps(value)[:16384])


def _code(inner: Any) -> str:
    code = inner.get("code") if isinstance(inner, dict) else inner
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return ""
    return code


def is_html(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether this is a page for people, so not from the service's interface."""
    start = body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "html" in headers.get("content-type", "").lower() or start.startswith((b"<!doctype html", b"<html"))


def licence_doubt(status: int, body: bytes) -> bool:
    """Whether this is the licence error that licensed tenants get now and then; worth asking a second time."""
    return status == 403 and error_of(body).code == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"


def page_token_expired(status: int, body: bytes) -> bool:
    """Whether a page was refused because its link is too old (400 with a token error, or 410)."""
    if status != 400:
        return status == 410
    error = error_of(body)
    return error.json and bool(_EXPIRED.search(error.text))


def classify(door: Door, status: int, headers: Mapping[str, str], body: bytes, fact: Fact) -> Undecided:
    """The leaf for an answer of `status` that is no answer to the fact's question. Header names in lower case."""
    where = remedies.SYSTEMS[door]
    error = error_of(body)
    said = f"{where} answered {status}" + (f" {error.code}" if error.code else "")
    if is_html(headers, body) and not (door is Door.SHAREPOINT and "sprequestguid" in headers):
        return Unreachable(f"{said} with a web page in place of data", remedies.NETWORK)
    if status in {408, 429} or status >= 500:
        if status == 501:
            return NotSupported(f"{said}: not implemented", remedies.by_hand(fact))
        because = f"{said}: too many requests, also after waiting" if status == 429 else f"{said} repeatedly"
        return Unreachable(because, remedies.LATER)
    if 300 <= status < 400:
        return Unrecognised(f"{said}: a redirect, which is not followed", remedies.NETWORK)
    if status < 300:
        return Unrecognised(f"{said} without the data that was asked for", remedies.REPORT)
    return _refused(door, status, error, fact, said)


def _refused(door: Door, status: int, error: Error, fact: Fact, said: str) -> Undecided:
    if status in {400, 403} and (error.code in _NO_LICENCE_CODES or (error.json and _NO_LICENCE.search(error.text))):
        return NotLicensed(f"{said}: no licence for this", remedies.plans(fact))
    if status == 403 or (status == 401 and _INTUNE_FORBIDDEN.search(error.text)):
        return _forbidden(door, error, fact, said)
    if status == 401:
        return NotPermitted(f"{said}: the sign-in was not accepted, also after a new token", remedies.sign_in(fact))
    if door in CMDLETS:
        return _cmdlet(status, error, fact, said)
    if status in {404, 405, 410} or (status == 400 and _NO_SUCH_PATH.search(error.text)):
        return _absent(status, error, fact, said)
    return Unrecognised(f"{said} to a request that it should know", remedies.REPORT)


def _forbidden(door: Door, error: Error, fact: Fact, said: str) -> Undecided:
    if error.service or door in ADMINISTRATIONS:
        return NotPermitted(f"{said}: the scanner lacks {remedies.names(fact.permissions)}", remedies.grant(fact))
    return Unrecognised(f"{said}, but not in the way the service says so", f"{remedies.NETWORK} If nothing stands in between: {remedies.grant(fact)}")


def _cmdlet(status: int, error: Error, fact: Fact, said: str) -> Undecided:
    if _NO_SUCH_CMDLET.search(error.text):  # cmdlets that a role may not run are hidden from it
        return NotPermitted(f"{said}: the command is not there for the scanner's role ({remedies.names(fact.permissions)})", remedies.grant(fact))
    if _NO_SUCH_PARAMETER.search(error.text):
        return NotSupported(f"{said}: the command no longer takes these parameters", remedies.by_hand(fact))
    if status == 404:
        return Unreachable(f"{said}: the interface is not at its usual address", remedies.LATER)
    return Unrecognised(f"{said} to a command that it should know", remedies.REPORT)


def _absent(status: int, error: Error, fact: Fact, said: str) -> Undecided:
    if status == 404 and not error.service and fact.door is Door.GRAPH:
        return Unreachable(f"{said}, but not in the way the service says so", remedies.NETWORK)
    return NotSupported(f"{said}: the interface, or what it describes, is not there", remedies.by_hand(fact))
