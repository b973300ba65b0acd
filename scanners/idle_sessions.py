"""The organisation-wide idle timeout of the Microsoft 365 web applications, read from the texts of its policies."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from scanners.errors import Unrecognised
from scanners.facts.idle_timeout_policies import IdleTimeoutPolicy
from scanners.timespans import clock_time

MICROSOFT_365 = "default"  # the ApplicationId of the web applications; the Azure portal has an entry of its own and is not judged


def organisation_idle_timeout(policies: Iterable[IdleTimeoutPolicy]) -> timedelta | None:
    """The longest idle time that a policy of the whole organisation allows; None where no such policy names Microsoft 365.

    Only policies that are the organisation's default act. Raises Unrecognised when a definition cannot be read.
    """
    acting = (policy for policy in policies if policy.is_organization_default)
    found = [timeout for policy in acting for text in policy.definition if (timeout := _timeout(text)) is not None]
    return max(found, default=None)


def signs_out_within(policies: Iterable[IdleTimeoutPolicy], minutes: float) -> bool:
    """The organisation-wide timeout exists and is at most `minutes`."""
    timeout = organisation_idle_timeout(policies)
    return timeout is not None and within(timeout, minutes)


def within(timeout: timedelta, minutes: float) -> bool:
    """A timeout of zero never acts."""
    return timedelta(0) < timeout <= timedelta(minutes=minutes)


def _timeout(text: str) -> timedelta | None:
    body = json_text(text, "ActivityBasedTimeoutPolicy")
    entries = body.get("ApplicationPolicies")
    if entries is None:
        entries = [{**body, "ApplicationId": MICROSOFT_365}] if "WebSessionIdleTimeout" in body else []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unrecognised("the idle timeout policy does not have a known form")
    values = [entry["WebSessionIdleTimeout"] for entry in entries if _named(entry) == MICROSOFT_365]
    if not all(isinstance(value, str) for value in values):
        raise Unrecognised("the idle timeout policy does not have a known form")
    return max((clock_time(value) for value in values), default=None)


def _named(entry: Mapping[str, Any]) -> str:
    if not isinstance(entry.get("ApplicationId"), str) or "WebSessionIdleTimeout" not in entry:
        raise Unrecognised("the idle timeout policy does not have a known form")
    return str(entry["ApplicationId"]).lower()


def json_text(text: str, key: str) -> Mapping[str, Any]:
    """The object under `key` of a policy that is JSON written as text. Raises Unrecognised when it is something else."""
    try:
        body = json.loads(text)[key]
    except (ValueError, KeyError, TypeError) as fault:
        raise Unrecognised(f"the definition of a policy is not a {key} in JSON") from fault
    if not isinstance(body, dict):
        raise Unrecognised(f"the definition of a policy is not a {key} in JSON")
    return body
