"""The properties of every entity type the simulated tenant serves.

`data/schema.json` is written from the models of the installed msgraph-sdk (`python -m local.tenant.schema`), so that a misspelt property
cannot survive in a tenant file or a request; `data/beta.yaml` adds what only /beta has. A kind is str, bool, int, num, time, date, enum, bytes,
untyped, `obj:T` (complex), `nav:T` (navigation), or `list:` before one of these.
"""

from __future__ import annotations

import functools
import importlib
import json
import re
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"
DERIVED = [
    "ipNamedLocation",
    "countryNamedLocation",
    "iPv4CidrRange",
    "iPv6CidrRange",
    "microsoftAuthenticatorAuthenticationMethodConfiguration",
    "fido2AuthenticationMethodConfiguration",
    "smsAuthenticationMethodConfiguration",
    "voiceAuthenticationMethodConfiguration",
    "emailAuthenticationMethodConfiguration",
    "softwareOathAuthenticationMethodConfiguration",
    "temporaryAccessPassAuthenticationMethodConfiguration",
    "x509CertificateAuthenticationMethodConfiguration",
    "qrCodePinAuthenticationMethodConfiguration",
    "permissionGrantConditionSet",
    "fido2AuthenticationMethod",
    "passwordAuthenticationMethod",
    "phoneAuthenticationMethod",
    "emailAuthenticationMethod",
    "microsoftAuthenticatorAuthenticationMethod",
    "windowsHelloForBusinessAuthenticationMethod",
    "softwareOathAuthenticationMethod",
    "temporaryAccessPassAuthenticationMethod",
    "platformCredentialAuthenticationMethod",
    "unifiedRoleManagementPolicy",
    "unifiedRoleManagementPolicyEnablementRule",
    "unifiedRoleManagementPolicyExpirationRule",
    "unifiedRoleManagementPolicyApprovalRule",
    "unifiedRoleManagementPolicyNotificationRule",
    "unifiedRoleManagementPolicyAuthenticationContextRule",
    "userConsentRequest",
    "windows10CompliancePolicy",
    "iosCompliancePolicy",
    "macOSCompliancePolicy",
    "androidCompliancePolicy",
    "androidWorkProfileCompliancePolicy",
    "deviceCompliancePolicyAssignment",
    "deviceComplianceScheduledActionForRule",
    "deviceComplianceActionItem",
    "allDevicesAssignmentTarget",
    "allLicensedUsersAssignmentTarget",
    "groupAssignmentTarget",
    "exclusionGroupAssignmentTarget",
    "deviceEnrollmentPlatformRestrictionsConfiguration",
    "enrollmentConfigurationAssignment",
    "windowsUpdateForBusinessConfiguration",
    "windows10EndpointProtectionConfiguration",
    "deviceConfigurationAssignment",
    "targetedManagedAppPolicyAssignment",
    "managedMobileApp",
    "iosMobileAppIdentifier",
    "androidMobileAppIdentifier",
    "exchangeProtectionPolicy",
    "sharePointProtectionPolicy",
    "oneDriveForBusinessProtectionPolicy",
    "exchangeRestoreSession",
    "sharePointRestoreSession",
    "oneDriveForBusinessRestoreSession",
    "teamsAppDefinition",
    "serviceHealthIssue",
    "configurationSnapshotJob",
    "configurationBaseline",
    "security.auditLogQuery",
    "security.auditLogRecord",
    "accessReviewQueryScope",
    "principalResourceMembershipsScope",
    "allDeviceRegistrationMembership",
    "noDeviceRegistrationMembership",
    "enumeratedDeviceRegistrationMembership",
    "accessReviewInactiveUsersQueryScope",
    "patternedRecurrence",
]
PLAIN = {
    "get_str_value": "str", "get_bool_value": "bool", "get_int_value": "int", "get_float_value": "num", "get_datetime_value": "time",
    "get_date_value": "date", "get_time_value": "str", "get_timedelta_value": "str", "get_uuid_value": "str", "get_enum_value": "enum",
    "get_bytes_value": "bytes", "get_object_value": "obj", "get_collection_of_primitive_values": "list:str",
    "get_collection_of_enum_values": "list:enum", "get_collection_of_object_values": "list:obj", "get_child_node": "untyped",
}  # fmt: skip

# Flag enums: one comma-joined string on the wire, though the SDK reads them as lists.
FLAGS = {"insiderRiskLevels", "transferMethods", "guestOrExternalUserTypes", "rootedDeviceFlags"}

Shape = dict[str, str]


@functools.cache
def shapes(version: str) -> dict[str, Shape]:
    """Type name to its properties and their kinds, for "v1.0" or "beta"."""
    known: dict[str, Shape] = json.loads((DATA / "schema.json").read_text("utf-8"))["types"]
    if version == "beta":
        extra: dict[str, Shape] = yaml.safe_load((DATA / "beta.yaml").read_text("utf-8"))
        known = {name: {**known.get(name, {}), **extra.get(name, {})} for name in {*known, *extra}}
    return known


def shape(type_name: str, version: str) -> Shape | None:
    """Properties of one type, or None where the SDK's model and beta.yaml do not know it."""
    return shapes(version).get(type_name.removeprefix("#").removeprefix("microsoft.graph."))


@functools.cache
def _modules(package: str) -> dict[str, str]:
    """Module names of one package of SDK models by the type name they hold, in lower case."""
    folder = Path(str(importlib.import_module(package).__path__[0]))
    return {file.stem.replace("_", ""): f"{package}.{file.stem}" for file in folder.glob("*.py")}


def _model(name: str) -> Any:
    *spaces, last = name.split(".")
    package = ".".join(["msgraph.generated.models", *(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", space).lower() for space in spaces)])
    module = _modules(package).get(last.lower())
    if module is None:
        raise LookupError(f"the installed SDK has no model {name}")
    return next(value for key, value in vars(importlib.import_module(module)).items() if key.lower() == last.lower())


def _type_name(model: Any) -> str:
    spaces = model.__module__.removeprefix("msgraph.generated.models.").split(".")[:-1]
    pieces = [*(_camel(space) for space in spaces), model.__name__[0].lower() + model.__name__[1:]]
    return ".".join(pieces)


def _camel(text: str) -> str:
    head, *rest = text.split("_")
    return head + "".join(part.title() for part in rest)


def _kind(reader: Any, entity: type) -> tuple[str, Any]:
    calls = [name for name in reader.__code__.co_names if name in PLAIN]
    kind = PLAIN[calls[0]] if calls else "untyped"
    cells = [cell.cell_contents for cell in reader.__closure__ or ()]
    models = [value for value in cells if isinstance(value, type) and hasattr(value, "get_field_deserializers")]
    if not kind.endswith("obj") or not models:
        return ("untyped" if kind.endswith("obj") else kind), None
    link = "nav" if issubclass(models[0], entity) else "obj"
    return f"{kind.removesuffix('obj')}{link}:{_type_name(models[0])}", models[0] if link == "obj" else None


def from_sdk(roots: list[str]) -> dict[str, Shape]:
    """Reads the shapes of `roots` and of every complex type inside them out of the SDK's field readers."""
    entity = _model("entity")
    found: dict[str, Shape] = {}
    waiting = [_model(name) for name in roots]
    while waiting:
        model = waiting.pop()
        name = _type_name(model)
        if name in found:
            continue
        found[name] = {}
        for key, reader in sorted(model().get_field_deserializers().items()):
            if key.startswith("@"):
                continue
            found[name][key], inner = _kind(reader, entity)
            if key in FLAGS:
                found[name][key] = "enum"
            if inner is not None:
                waiting.append(inner)
    return dict(sorted(found.items()))


def roots() -> list[str]:
    """The types named by endpoints.yaml and the derived ones above, without those that only beta has."""
    rows = yaml.safe_load((DATA / "endpoints.yaml").read_text("utf-8"))
    extra = set(yaml.safe_load((DATA / "beta.yaml").read_text("utf-8")))
    names = {row["type"] for row in rows} | set(DERIVED)
    return sorted(name for name in names if name not in extra or _known(name))


def _known(name: str) -> bool:
    try:
        _model(name)
    except LookupError:
        return False
    return True


def write() -> None:
    """Writes data/schema.json; one type a line."""
    lines = [f"  {json.dumps(name)}: {json.dumps(kinds)}" for name, kinds in from_sdk(roots()).items()]
    text = '{\n "source": "written by python -m local.tenant.schema from the models of msgraph-sdk",\n "types": {\n'
    (DATA / "schema.json").write_text(text + ",\n".join(lines) + "\n }\n}\n", "utf-8")


if __name__ == "__main__":
    write()
