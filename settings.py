"""Every setting of the product, typed, read from the environment at first use and refused with its name, the problem and an example.

Nothing is read at import: a fault here must not take down the functions that explain it (`/api/health`).
"""

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from scanners.errors import SettingsError

EXAMPLES: Mapping[str, str] = {
    "TENANT_ID": "6f1f2b8e-0b0e-4a53-9d3e-2a5a7a2c9e11",
    "SCAN_SCHEDULE": "0 0 3 * * *",
    "RUN_BUDGET": "04:00:00",
    "EVIDENCE_STORAGE__blobServiceUri": "https://stevidence.blob.core.windows.net",
    "EVIDENCE_STORAGE__tableServiceUri": "https://stevidence.table.core.windows.net",
    "EVIDENCE_STORAGE__queueServiceUri": "https://stevidence.queue.core.windows.net",
    "EVIDENCE_STORAGE": "UseDevelopmentStorage=true",
    "SIGNING_KEY_ID": "https://kv-evidence.vault.azure.net/keys/attestation",
    "CLOUD": "public",
    "WORKLOAD_SOURCE": "auto",
    "PACE": "1",
    "PARAMETERS": '{"global_administrators_are_few": {"maximum": 3}}',
    "DISABLED_CONTROLS": '{"outlook_add_ins_are_installed_only_by_administrators": "add-ins are managed elsewhere"}',
    "EVENT_GRID_TOPIC__topicEndpointUri": "https://evgt-hipaa.eastus-1.eventgrid.azure.net/api/events",
    "BUNDLE_DELIVERY": "sas",
}
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KEY_URL = re.compile(r"https://[a-z0-9-]{3,24}\.vault\.(azure\.net|usgovcloudapi\.net|azure\.cn)/keys/[A-Za-z0-9-]{1,127}(/[0-9a-f]{32})?")
_TOPIC = re.compile(r"https://([a-z0-9-]+\.)+eventgrid\.azure\.(net|us|cn)/api/events")
_LOCAL = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")  # as a whole: parsers differ on odd ones
_CRON_FIELD = re.compile(r"[0-9*/,\-A-Za-z]+")
_WORD, _RANGE = re.compile(r"[A-Za-z]+"), re.compile(r"(\d+)-(\d+)")
_MONTHS = ("", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_NAMES: tuple[tuple[str, ...], ...] = ((), (), (), (), _MONTHS, _DAYS)  # by field


def _duration(value: Any) -> Any:
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d):([0-5]\d)", value) if isinstance(value, str) else None
    return timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3])) if match else value


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as fault:
        raise ValueError(f"is not JSON (position {fault.pos})") from None


def _names(value: Any) -> Any:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


class Settings(BaseModel):
    """The settings, frozen. Field aliases are the names in the environment."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    tenant_id: str = Field(alias="TENANT_ID")
    scan_schedule: str = Field(alias="SCAN_SCHEDULE")
    run_budget: Annotated[timedelta, BeforeValidator(_duration)] = Field(timedelta(hours=4), alias="RUN_BUDGET", ge=timedelta(minutes=5))
    evidence_storage: str | None = Field(None, alias="EVIDENCE_STORAGE")
    evidence_blob_uri: str | None = Field(None, alias="EVIDENCE_STORAGE__blobServiceUri")
    evidence_table_uri: str | None = Field(None, alias="EVIDENCE_STORAGE__tableServiceUri")
    evidence_queue_uri: str | None = Field(None, alias="EVIDENCE_STORAGE__queueServiceUri")
    signing_key_id: str | None = Field(None, alias="SIGNING_KEY_ID")
    signing_key_folder: Path | None = Field(None, alias="SIGNING_KEY_FOLDER")
    tenant_name: str | None = Field(None, alias="TENANT_NAME", max_length=120)
    client_id: str | None = Field(None, alias="AZURE_CLIENT_ID")
    entra_client_id: str | None = Field(None, alias="ENTRA_CLIENT_ID")
    cloud: Literal["public", "usgov", "dod", "china"] = Field("public", alias="CLOUD")
    graph_base_url: str | None = Field(None, alias="GRAPH_BASE_URL")
    exchange_base_url: str | None = Field(None, alias="EXCHANGE_BASE_URL")
    purview_base_url: str | None = Field(None, alias="PURVIEW_BASE_URL")
    teams_base_url: str | None = Field(None, alias="TEAMS_BASE_URL")
    sharepoint_base_url: str | None = Field(None, alias="SHAREPOINT_BASE_URL")
    login_base_url: str | None = Field(None, alias="LOGIN_BASE_URL")
    dns_base_url: str | None = Field(None, alias="DNS_BASE_URL")
    dns_servers: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field((), alias="DNS_SERVERS")
    sharepoint_admin: bool = Field(False, alias="SHAREPOINT_ADMIN")
    sharepoint_admin_url: str | None = Field(None, alias="SHAREPOINT_ADMIN_URL")
    tenant_ca_file: Path | None = Field(None, alias="TENANT_CA_FILE")
    pace: float = Field(1.0, alias="PACE", gt=0, le=1)
    workload_source: Literal["auto", "snapshot", "admin_rest"] = Field("auto", alias="WORKLOAD_SOURCE")
    parameters: Annotated[dict[str, dict[str, Any]], BeforeValidator(_parsed)] = Field(default_factory=dict, alias="PARAMETERS")
    only_controls: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field((), alias="ONLY_CONTROLS")
    disabled_controls: Annotated[dict[str, str], BeforeValidator(_parsed)] = Field(default_factory=dict, alias="DISABLED_CONTROLS")
    event_grid_topic: str | None = Field(None, alias="EVENT_GRID_TOPIC__topicEndpointUri")
    bundle_delivery: Literal["sas", "proxy"] = Field("sas", alias="BUNDLE_DELIVERY")
    in_azure: bool = Field(False, alias="WEBSITE_INSTANCE_ID")

    @field_validator("in_azure", mode="before")
    @classmethod
    def _present(cls, value: Any) -> bool:
        return bool(value)

    @field_validator("tenant_id")
    @classmethod
    def _guid(cls, value: str) -> str:
        if not _GUID.fullmatch(value):
            raise ValueError("is not the id (a GUID) of a tenant")
        return value.lower()

    @field_validator("scan_schedule")
    @classmethod
    def _comes(cls, value: str) -> str:
        next_run(value, datetime.now(UTC))
        return value

    @field_validator("event_grid_topic")
    @classmethod
    def _a_topic(cls, value: str | None) -> str | None:
        """A token is sent there, so it goes to Event Grid only, and to this machine where a test stands in for it."""
        if value is not None and not _TOPIC.fullmatch(value) and not _LOCAL.fullmatch(value):
            raise ValueError("is not the address of an Event Grid topic")
        return value

    @field_validator("*", mode="after")
    @classmethod
    def _only_loopback(cls, value: Any, info: Any) -> Any:
        """Base URLs exist for the simulated tenant; anywhere else they would send tokens to a stranger."""
        if info.field_name.endswith("_base_url") and value is not None and not _LOCAL.fullmatch(value):
            raise ValueError("may only point at this machine (it exists for the simulated tenant)")
        return value

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        if self.evidence_storage is None and not (self.evidence_blob_uri and self.evidence_table_uri and self.evidence_queue_uri):
            raise ValueError("EVIDENCE_STORAGE: is missing, and so are EVIDENCE_STORAGE__blobServiceUri, __tableServiceUri and __queueServiceUri")
        if self.pace != 1 and self.graph_base_url is None:
            raise ValueError("PACE: may differ from 1 only when the tenant is simulated on this machine (GRAPH_BASE_URL)")
        if self.only_controls and self.in_azure:
            raise ValueError("ONLY_CONTROLS: is for a laptop; an attestation covers every control (see DISABLED_CONTROLS)")
        if self.signing_key_id == "dev" and self.in_azure:
            raise ValueError("SIGNING_KEY_ID: the development key is refused in Azure; give the URL of a Key Vault key")
        if self.signing_key_id == "dev" and self.signing_key_folder is None:
            raise ValueError("SIGNING_KEY_FOLDER: is needed with SIGNING_KEY_ID=dev: where the development key is kept")
        if self.signing_key_id not in (None, "dev") and not _KEY_URL.fullmatch(self.signing_key_id or ""):
            raise ValueError("SIGNING_KEY_ID: is neither the URL of a Key Vault key nor `dev`")
        return self


def next_run(schedule: str, after: datetime) -> datetime:
    """The first time after `after` at which a six-field NCRONTAB schedule comes, in UTC. Raises ValueError when it is no schedule or never comes.

    Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
    """
    from croniter import croniter

    fields = schedule.split()
    if len(fields) != len(_NAMES) or not all(_CRON_FIELD.fullmatch(field) for field in fields):
        raise ValueError("is not a schedule of six fields: second minute hour day month weekday, in UTC")
    plain = [_numbered(field, names) for field, names in zip(fields, _NAMES, strict=True)]
    # What croniter takes and the platform does not: a seventh day of the week, and ranges that run backwards.
    if any(int(low) > int(high) for low, high in _RANGE.findall(" ".join(plain))) or "7" in re.split(r"[,/-]", plain[-1]):
        raise ValueError("is not a schedule that the platform takes")
    try:
        # In NCRONTAB a day must fit both the day of the month and the day of the week.
        came: datetime = croniter(" ".join(plain), after.astimezone(UTC), second_at_beginning=True, day_or=False).get_next(datetime)
    except ValueError as fault:
        raise ValueError("is not a schedule that ever comes") from fault
    return came


def _numbered(field: str, names: tuple[str, ...]) -> str:
    return _WORD.sub(lambda word: _number(word[0], names), field)


def _number(word: str, names: tuple[str, ...]) -> str:
    """The number of a month or a day of the week by the beginning of its name, three letters at least. Raises ValueError for any other word."""
    found = [number for number, name in enumerate(names) if len(word) >= 3 and name and name.startswith(word.lower())]
    if len(found) != 1:
        raise ValueError("is not a schedule: a word in it is no month or day of the week")
    return str(found[0])


def problems(environment: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with the settings: name, problem, example; never a value. Empty when nothing is."""
    try:
        _read(environment)
    except SettingsError as error:
        return tuple(str(error).splitlines())
    return ()


def _read(environment: Mapping[str, str]) -> Settings:
    given = {name: value for name, value in environment.items() if value != ""}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError("\n".join(_line(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors(include_input=False))) from None


def _line(place: tuple[int | str, ...], kind: str, message: str) -> str:
    text = message.removeprefix("Value error, ")
    name = str(place[0]) if place else text.partition(":")[0]
    problem = "is missing" if kind == "missing" else text if place else text.partition(": ")[2]
    return f"{name}: {problem}." + (f" Example: {EXAMPLES[name]}" if name in EXAMPLES else "")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; raises SettingsError with one line per problem."""
    return _read(os.environ)
