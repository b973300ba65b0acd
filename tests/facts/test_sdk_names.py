"""Names that Microsoft Graph does not know cannot survive: paths come from the SDK's builders, properties are those of its models."""

import ast
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from msgraph import GraphServiceClient

from scanners.minimum_necessary import row_type, stored_row
from scanners.model import Ask, Door, Fact
from scanners.reading import Row, property_names, property_of
from tests.facts.asked import GRAPH, KNOWN, all_asks, asks_of
from tests.facts.sdk import item_of, model_of, properties

# What facts derive before storing (their `reduce`), so that it is no property of Graph: fact -> names.
DERIVED = {
    "attack_simulation_training": {"assigned", "completed", "overdue", "unknownStatus", "users"},  # counters
    "audit_log_heartbeat": {"slices"},  # counters of asynchronous searches
    "directory_audit_heartbeat": {"activity", "count", "newest", "oldest"},  # counters
    "directory_settings": {"bannedWordCount"},
    "groups": {"hasMembershipRule"},
    "organization": {"privacyContactStated", "privacyStatementStated", "securityComplianceNotificationMailCount", "technicalNotificationMailCount"},
    "pim_role_settings": {"notificationRecipientCount", "id"},  # `id` of an approver: the older spelling of userId and groupId
    "sign_in_log_heartbeat": {"count", "newest"},  # counters
    "sign_in_summary": {"client", "count"},  # counters per client
    "user_leave_dates": {"accounts", "enabled", "withDate", "withProperty"},  # counters
    "users": {"looksGeneric", "upnDomain"},
}
V1 = [f for f in GRAPH if any(ask.build is not None for ask in asks_of(f))]


@pytest.fixture(scope="module")
def graph() -> Any:
    from kiota_abstractions.authentication import AnonymousAuthenticationProvider
    from kiota_http.httpx_request_adapter import HttpxRequestAdapter

    return GraphServiceClient(request_adapter=HttpxRequestAdapter(AnonymousAuthenticationProvider()))


def models(graph: Any, fact: Fact) -> list[tuple[Ask, Any]]:
    return [(ask, item_of(model_of(ask.build(graph)))) for ask in asks_of(fact) if ask.build is not None and not _counts(ask)]


def _counts(ask: Ask) -> bool:
    assert ask.build is not None
    return "$count" in inspect.getsource(ask.build) or ".count" in inspect.getsource(ask.build)


@pytest.mark.parametrize("fact", GRAPH, ids=lambda f: f.id)
def test_a_path_is_written_by_the_sdk_unless_only_beta_has_it(graph: Any, fact: Fact) -> None:
    for ask in asks_of(fact):
        if ask.build is None:
            assert ask.path.startswith("/beta/"), f"{ask.path}: v1.0 paths are named by builders"
            continue
        template = ask.build(graph).to_get_request_information().url_template
        assert template.startswith("{+baseurl}/")


@pytest.mark.parametrize("fact", V1, ids=lambda f: f.id)
def test_selected_and_expanded_names_are_properties_of_what_is_asked(graph: Any, fact: Fact) -> None:
    for ask, model in models(graph, fact):
        known = properties(model)
        for name in _chosen(ask):
            first, *rest = name.split("/")
            assert first in known, f"{model.__name__} has no {first}"
            inner = known[first]
            for each in rest:
                assert inner is not None, name
                inner = properties(inner)[each]
        for name, chosen in _expanded(ask):
            assert name in known, f"{model.__name__} has no {name}"
            unknown = set(chosen) - set(properties(known[name]))
            assert not unknown or _is_directory_object(known[name]), f"{known[name].__name__} has no {unknown}"


def _is_directory_object(model: Any) -> bool:
    return model.__name__ == "DirectoryObject"  # its kinds have the properties; the SDK lists only some of them


def _chosen(ask: Ask) -> list[str]:
    return [n.strip() for n in ask.query.get("$select", "").split(",") if n.strip()]


def _expanded(ask: Ask) -> Iterator[tuple[str, list[str]]]:
    text = ask.query.get("$expand", "")
    depth, start, parts = 0, 0, []
    for at, letter in enumerate(text + ","):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    for part in filter(None, parts):
        name, _, options = part.partition("(")
        select = options.removesuffix(")").partition("$select=")[2].partition(";")[0]
        yield name.strip(), [each.strip() for each in select.split(",") if each.strip()]


@pytest.mark.parametrize("fact", V1, ids=lambda f: f.id)
def test_every_stored_property_is_one_that_graph_sends(graph: Any, fact: Fact) -> None:
    row = stored_row(fact)
    if row is None:
        pytest.skip("a number")
    asked = [model for _, model in models(graph, fact)]
    if not asked:
        pytest.skip("a number")
    for path, name in _unknown(row, asked, ""):
        assert name in DERIVED.get(fact.id, set()), f"{fact.id}: {path}{name} is in none of {[m.__name__ for m in asked]}"


def _unknown(row: type[Row], asked: list[Any], path: str) -> Iterator[tuple[str, str]]:
    for name in sorted(property_names(row)):
        if name.startswith("@"):
            continue
        found = [properties(model)[name] for model in asked if name in properties(model)]
        if not found:
            yield path, name
            continue
        inner, models_inside = row_type(property_of(row, name)), [each for each in found if each is not None]
        if inner is not None and models_inside:
            yield from _unknown(inner, models_inside, f"{path}{name}.")


def test_a_misspelt_property_is_found(graph: Any) -> None:
    class Person(Row):
        account_enabeld: bool
        sign_in_activity: "Activity"

    class Activity(Row):
        last_sing_in_date_time: str

    Person.__annotations__["sign_in_activity"] = Activity
    asked = [item_of(model_of(graph.users))]
    assert list(_unknown(Person, asked, "")) == [("", "accountEnabeld"), ("signInActivity.", "lastSingInDateTime")]


@pytest.mark.parametrize("fact", [f for f in V1 if f.reduce is not None], ids=lambda f: f.id)
def test_what_a_reduction_reads_of_a_row_is_a_property_of_graph(graph: Any, fact: Fact) -> None:
    """Names in brackets in the text of `reduce` are properties of the answer, or the fact's own."""
    known = {name for _, model in models(graph, fact) for name in _deep(model)} | DERIVED.get(fact.id, set()) | {"value"}
    tree = ast.parse(inspect.getsource(sys.modules[fact.reduce.__module__]))
    function = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == fact.reduce.__name__)  # type: ignore[union-attr]
    names = {n.slice.value for n in ast.walk(function) if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant)}
    assert {n for n in names if isinstance(n, str) and not n.startswith("@")} <= known


def _deep(model: Any, depth: int = 3) -> set[str]:
    own = properties(model)
    inside = {name for inner in own.values() if inner is not None and depth for name in _deep(inner, depth - 1)} if depth else set()
    return set(own) | inside


# What a request must never ask for: contents, subjects, names of files and of people, addresses and places.
DENIED = {
    "body", "bodyPreview", "subject", "content", "contents", "fileName", "sourceFileName", "preview",
    "attachments", "auditData", "clientIp", "ipAddress", "location", "geoCoordinates", "givenName", "surname",
    "mail", "mailNickname", "otherMails", "proxyAddresses", "mobilePhone", "businessPhones", "faxNumber", "streetAddress",
    "postalCode", "birthday", "aboutMe", "employeeId", "imAddresses", "userDisplayName", "emailAddress", "phoneNumber",
    "serialNumber", "imei", "meid", "udid", "iccid", "deviceName", "managedDeviceName", "physicalIds",
    "alternativeSecurityIds", "initiatedBy", "targetResources", "additionalDetails", "userName", "key", "value", "secretText",
    "notes", "userId", "objectId",
}  # fmt: skip
NAMES_OF_PEOPLE = frozenset({"displayName", "userPrincipalName"})
PRIVILEGED = frozenset({"role_assignments", "users"})  # holders of roles are named; of users the principal name is reduced before it is stored
NO_PATHS = ("/messages", "/mailfolders", "/drive", "/chats", "/calendar", "/contacts", "/content", "/events", "/onenote", "/photo", "/items")


@pytest.mark.parametrize(("fact", "ask"), list(all_asks()), ids=lambda v: v.id if isinstance(v, Fact) else "")
def test_no_request_asks_for_a_denied_property(graph: Any, fact: Fact, ask: Ask) -> None:
    chosen = set(_chosen(ask)) | {name for _, inside in _expanded(ask) for name in inside}
    assert not chosen & DENIED
    if fact.id not in PRIVILEGED and ask.build is not None and not _counts(ask):
        model = item_of(model_of(ask.build(graph)))
        if model.__name__ in {"User", "DirectoryObject", "UserRegistrationDetails", "RiskyUser"}:
            assert not set(_chosen(ask)) & NAMES_OF_PEOPLE
            assert _chosen(ask), "people are never asked for whole"
    path = (ask.build(graph).to_get_request_information().url_template if ask.build is not None else ask.path).lower()
    assert not any(word in path for word in NO_PATHS), path


@pytest.mark.parametrize("fact", [f for f in KNOWN.facts.values() if f.door in (Door.EXCHANGE, Door.PURVIEW)], ids=lambda f: f.id)
def test_a_cmdlet_reads(fact: Fact) -> None:
    for ask in asks_of(fact):
        assert ask.cmdlet.startswith("Get-")
