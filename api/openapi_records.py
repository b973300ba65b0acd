"""What the catalogue, statements, exceptions, links and the access log look like."""

from typing import get_args

from api.openapi_schemas import CONTINUATION, CONTROL
from api.openapi_words import Schema, anything, day, digest, flag, many, maybe, moment, ref, shape, text, whole
from reporting.records import State


def records() -> dict[str, Schema]:
    """Definitions by name."""
    return {**_catalogue(), **_statements(), **_statement_types(), **_exceptions(), **_sharing(), **_access()}


def _catalogue() -> dict[str, Schema]:
    need = {"fact": text("Id of the fact"), "about": text("What it is"), "required": flag("The control is unknown without it")}
    parameter = {
        "name": text("Name"),
        "why": text("What it is for"),
        "unit": text("Unit"),
        "default": {"description": "The default; of any type"},
    }
    whole_ = {
        **CONTROL,
        "why": text("Why it protects health information"),
        "fix": text("Where it is set"),
        "needs": many(shape(need)),
        "permissions": many(text("Name of a permission")),
        "plans": many(text("Name of a plan")),
        "parameters": many(shape(parameter)),
        "rule_sha256": text("Digest of the rule's source"),
        "links": shape({"self": text("This"), "history": text("What it came to over time")}),
    }
    listed = {
        "catalogue_sha256": digest("Digest of the catalogue"),
        "version": text("Version of the scanner"),
        "total": whole("How many fit"),
        "controls": many(shape(CONTROL)),
    }
    return {"Control": shape(whole_), "ControlList": shape(listed)}


def _said() -> dict[str, Schema]:
    """What a statement says."""
    attester = {
        "name": text("Name", maxLength=120),
        "title": text("Title", maxLength=120),
        "role": text("Role", maxLength=64),
        "entra_object_id": text("Object id of the person in the tenant"),
    }
    return {
        "type": text("Type of statement"),
        "statement": text("What is stated, 20 to 4,000 characters", minLength=20, maxLength=4000),
        "attester": shape(attester),
        "effective_from": day("From when it holds"),
        "expires_at": day("Until when it holds; the longest that its type allows when it is left out"),
        "contains_phi": flag("Must be false: no statement holds health information of a person"),
        "control_ids": many(text("Id of a control"), "The controls that it is for; those that read its type when it is left out"),
        "supersedes": maybe(text("Id of an older statement of the type whose place it takes")),
        "details": anything("What a statement of this type says; GET /v1/statement-types shows an example"),
    }


def _statements() -> dict[str, Schema]:
    said = _said()
    draft = shape(
        {**said, "keep_document": flag("Keep the file behind the version before")},
        optional=("expires_at", "control_ids", "supersedes", "keep_document"),
    )
    record = {
        "schema_version": whole("Version of the record's form"),
        "id": text("Id"),
        "version": whole("Version, counted from 1"),
        **said,
        "submitted_by_kind": text("How it was handed in", enum=["entra", "key", "cli"]),
        "submitted_by_object_id": maybe(text("Who handed it in")),
        "submitted_at": moment("When it was handed in"),
        "document": maybe(anything("The file behind it: digest, size and type")),
        "status": text("What its people did with it", enum=["active", "superseded", "withdrawn"]),
        "second_approval": maybe(anything("A second person's word: by_object_id, at, result")),
    }
    shown = {
        **record,
        "state": text("How it stands today", enum=list(get_args(State))),
        "expired": flag("Its time has passed"),
        "links": shape({"self": text("This"), "document": text("The file")}, optional=("document",)),
    }
    return {
        "StatementDraft": draft,
        "Statement": shape(
            {**shown, "versions": many(shape(record, more=True)), "notes": many(text("What its author should know"))},
            optional=("versions", "notes"),
            more=True,
        ),
        "StatementList": shape({"total": whole("How many fit"), "statements": many(ref("Statement")), "continuation": CONTINUATION}),
    }


def _statement_types() -> dict[str, Schema]:
    kind = {
        "type": text("Type"),
        "title": text("Title"),
        "about": text("What it is"),
        "attester_role": text("Who must make it"),
        "validity_days": whole("For how long it holds at most"),
        "document_required": flag("It counts only with a document"),
        "several_by": maybe(text("The detail by which several hold side by side")),
        "citations": many(text("Citation")),
        "example_details": anything("An example of its details"),
        "due": flag("No statement of this type counts today"),
        "because": maybe(text("Why")),
        "provide": maybe(text("What to provide")),
    }
    return {
        "StatementTypes": shape({"types": many(shape(kind))}),
        "SecondWord": shape({"result": text("The word", enum=["approved", "rejected"])}),
    }


def _exceptions() -> dict[str, Schema]:
    said = {
        "control": text("Id of the control"),
        "kind": text("What kind of decision", enum=["documented_alternative", "risk_acceptance"]),
        "reason": text("Why, 20 to 4,000 characters", minLength=20, maxLength=4000),
        "compensating_measure": text("What protects instead, 10 to 4,000 characters", minLength=10, maxLength=4000),
        "objects": many(text("Object id"), "What it is limited to; none means the whole control"),
        "expires_at": day("Until when; a year at most, 90 days where the provision is required"),
    }
    record = {
        "schema_version": whole("Version of the record's form"),
        "id": text("Id"),
        "version": whole("Version, counted from 1"),
        **said,
        "owner": ref("Actor"),
        "approver": maybe(anything("Who approved it")),
        "created_at": moment("When this version was proposed"),
        "approved_at": maybe(moment("When it was approved")),
        "status": text("How it stands", enum=["pending", "approved", "withdrawn"]),
        "withdrawn_by": maybe(anything("Who took it back")),
        "withdrawn_at": maybe(moment("When it was taken back")),
    }
    shown = {**record, "has_effect": flag("It holds today"), "because": maybe(text("Why it does not")), "links": shape({"self": text("This")})}
    return {
        "ExceptionDraft": shape(said, optional=("objects",)),
        "Exception": shape({**shown, "versions": many(shape(record, more=True))}, optional=("versions",), more=True),
        "ExceptionList": shape({"total": whole("How many fit"), "exceptions": many(ref("Exception")), "continuation": CONTINUATION}),
    }


def _sharing() -> dict[str, Schema]:
    scope = {
        "kind": text("What it opens", enum=["latest", "runs", "period"]),
        "runs": many(text("Id of a run"), "With the kind runs"),
        "first": maybe(day("First day, with the kind period")),
        "last": maybe(day("Last day, with the kind period")),
    }
    wish = {
        "name": text("Who gets it", minLength=2, maxLength=120),
        "organisation": text("For whom they work", minLength=2, maxLength=120),
        "scope": ref("Scope"),
        "expires_at": maybe(moment("Until when: 14 days from now when it is left out, 90 at most")),
        "download_limit": maybe(whole("How many package downloads it allows", minimum=1, maximum=1000)),
    }
    link = {
        "schema_version": whole("Version of the record's form"),
        "id": text("Id"),
        **wish,
        "created_at": moment("When it was made"),
        "created_by": ref("Actor"),
        "downloads": whole("Package downloads so far"),
        "revoked_at": maybe(moment("When it was revoked")),
        "revoked_by": maybe(anything("Who revoked it")),
        "state": text("How it stands", enum=["active", "expired", "revoked"]),
        "url": text("The whole link; only in the answer that made it"),
    }
    return {
        "Scope": shape(scope, optional=("runs", "first", "last")),
        "LinkWish": shape(wish, optional=("scope", "expires_at", "download_limit")),
        "AuditorLink": shape(link, optional=("url",)),
        "AuditorLinks": shape({"links": many(ref("AuditorLink")), "continuation": CONTINUATION}),
    }


def _access() -> dict[str, Schema]:
    access = {
        "schema_version": whole("Version of the record's form"),
        "at": moment("When"),
        "what": text("What was asked for"),
        "run": maybe(text("Of which run")),
        "link": maybe(text("Through which link")),
        "by": maybe(anything("By whom, where no link was used")),
        "status": whole("What was answered"),
        "reason": maybe(text("Why it was refused")),
        "address_hash": maybe(text("Fingerprint of the address, with a salt that lasts a day")),
        "user_agent": maybe(text("What the browser says of itself")),
    }
    session = {
        "url": text("The one-time link"),
        "usable_until": moment("Until when it can be used"),
        "session_minutes": whole("How long the session lasts after each use"),
        "session_minutes_in_all": whole("How long it lasts at most"),
    }
    data = {
        "shared_by": text("Whose evaluation it is"),
        "name": text("Who got the link"),
        "organisation": text("For whom they work"),
        "scope": ref("Scope"),
        "created_at": moment("When the link was made"),
        "expires_at": moment("Until when it works"),
        "downloads_left": maybe(whole("Package downloads that are left; null without a limit")),
        "counts": maybe(anything("Results of the newest run by outcome")),
        "complete": maybe(flag("Nothing is unknown and nothing is an error")),
        "signature": maybe(anything("Signature of the newest run")),
        "statement": maybe(text("What this is and what it is not")),
        "runs": many(anything("A run: digests and links")),
        "continuation": CONTINUATION,
    }
    return {
        "AccessLog": shape({"month": text("Year and month"), "entries": many(shape(access)), "continuation": CONTINUATION}),
        "ConsoleSession": shape(session),
        "Shared": shape(data),
    }
