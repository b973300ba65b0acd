"""What runs, results and attestations look like."""

from api.openapi_words import Schema, anything, day, digest, flag, many, maybe, moment, ref, shape, text, whole
from scanners.model import Kind, Outcome, Severity

OUTCOMES = [outcome.value for outcome in Outcome]
SEVERITIES = [severity.value for severity in Severity]
KINDS = [kind.value for kind in Kind]
DESIGNATIONS = ["standard", "required", "addressable"]
CONTINUATION = maybe(text("Where the list goes on: hand it back as `continuation`; null at the end"))
CONTROL = {
    "control": text("Id of the control"),
    "topic": text("Topic"),
    "title": text("The good state, as a sentence"),
    "citations": many(text("Citation of 45 CFR 164")),
    "severity": text("Severity", enum=SEVERITIES),
    "designation": text("How binding the provision is", enum=DESIGNATIONS),
    "kind": text("What kind of control it is", enum=KINDS),
}


def schemas() -> dict[str, Schema]:
    """Definitions by name."""
    return {**_common(), **_result(), **_results(), **_changes(), **_latest(), **_attestations(), **_runs(), **_readiness()}


def _common() -> dict[str, Schema]:
    actor = {"kind": text("A signed-in person, a key, or the command line", enum=["entra", "key", "cli"]), "object_id": maybe(text("Object id"))}
    problem = {
        "type": text("Kind of problem"),
        "title": text("The status in words"),
        "status": whole("The status"),
        "detail": text("What is wrong, and what would be right"),
        "instance": text("What was asked for"),
        "errors": many(shape({"field": text("Which field"), "problem": text("What is wrong with it")}), "Faulty fields"),
        "parameter": text("The faulty parameter"),
        "allowed": many(text("A value"), "What is allowed"),
        "run": text("The run that it is about"),
        "size": whole("Bytes"),
        "largest_part": whole("Bytes that one answer can have"),
    }
    optional = ("errors", "parameter", "allowed", "run", "size", "largest_part")
    return {"Actor": shape(actor), "Problem": shape(problem, optional=optional)}


def _result() -> dict[str, Schema]:
    evidence = {
        "fact": text("What was looked at"),
        "path": text("The member of the package"),
        "sha256": digest("Digest of that member"),
        "collected_at": moment("When it was read"),
        "interface": text("How it was read", enum=["supported", "observed", "statement", "records"]),
    }
    result = {
        **CONTROL,
        "outcome": text("What the run says; only pass is a pass", enum=OUTCOMES),
        "reason": maybe(text("Why it is unknown or an error")),
        "because": text("Why, in words"),
        "observed": anything("What was seen"),
        "affected": many(text("Id of an object"), "The first 50 objects that decided"),
        "truncated": whole("How many more there are"),
        "remedy": text("What to do"),
        "evidence": many(ref("EvidenceRef")),
        "parameters": anything("Effective choices of the operator"),
        "looser_than_default": many(text("Name of a parameter")),
        "first_seen": maybe(moment("When it was first amiss")),
        "since": maybe(moment("Since when it has this outcome")),
        "exception": maybe(anything("The exception that turned a fail into accepted")),
        "statement": maybe(anything("The statement that it rests on")),
        "run": text("Id of the run"),
        "judged_at": moment("When it was judged"),
        "rule_sha256": text("Digest of the rule's source"),
    }
    return {"EvidenceRef": shape(evidence), "Result": shape(result, more=True)}


def _results() -> dict[str, Schema]:
    listed = {"run": text("Id of the run"), "total": whole("How many fit"), "results": many(ref("Result")), "continuation": CONTINUATION}
    past = {
        "run": text("Id of the run"),
        "completed_at": moment("When it was completed"),
        "outcome": text("What it said", enum=OUTCOMES),
        "reason": maybe(text("Why it was unknown or an error")),
        "because": text("Why, in words"),
        "affected": whole("How many objects decided"),
        "rule_sha256": text("Digest of the rule's source"),
    }
    history = {"control": text("Id of the control"), "history": many(shape(past)), "continuation": CONTINUATION}
    page = {"number": whole("Counted from 1"), "url": text("Where its bytes are"), "sha256": digest("Digest of the stored bytes")}
    evidence_of = {"run": text("Id of the run"), "fact": text("Id of the fact"), "custody": anything("Chain of custody"), "pages": many(shape(page))}
    return {
        "ResultList": shape(listed),
        "History": shape(history),
        "Evidence": shape(evidence_of),
    }


def _changes() -> dict[str, Schema]:
    counts = {name: whole(f"Results that are {name}") for name in [*OUTCOMES, "total"]}
    names = {name: many(text("Id of a control")) for name in ("new_fail", "fixed", "new_unknown", "readable_again")}
    setting = {"control": text("Id of the control"), "name": text("Property")}
    before = {name: {"description": "The value; of any type"} for name in ("before", "after")}
    changes = {
        "since_run": maybe(text("The earlier run; null when there is none")),
        **names,
        "settings": many(shape({**setting, **before}), "Observed properties that differ"),
        "catalogue": anything("What the scanner itself changed: controls that came, went, or whose rule or parameters changed"),
    }
    return {"Counts": shape(counts), "Changes": shape({"run": text("The run that it is about"), **changes}, optional=("run",), more=True)}


def _latest() -> dict[str, Schema]:
    provision = {
        "citation": text("Citation"),
        "title": text("Title"),
        "designation": text("How binding it is"),
        "state": text("What its controls say", enum=["met", "partly", "not_met", "not_known", "not_applicable", "not_covered"]),
        "controls": many(text("Id of a control")),
    }
    signature = {
        "keyid": digest("Id of the key that signed"),
        "algorithm": text("Algorithm"),
        "sequence": whole("Place in the chain"),
        "previous_sha256": maybe(digest("Digest of the envelope before")),
        "envelope_sha256": digest("Digest of this envelope"),
    }
    latest = {
        "run": text("Id of the run"),
        "tenant": shape({"id": text("Id of the tenant"), "name": text("Its name")}),
        "started_at": moment("When the run began"),
        "completed_at": moment("When it was completed"),
        "scanner": shape({name: text(name) for name in ("name", "version", "catalogue_sha256")}),
        "counts": ref("Counts"),
        "by_severity": anything("Counts by severity"),
        "by_citation": many(shape(provision, more=True)),
        "by_point": many(_point()),
        "changes": ref("Changes"),
        "complete": flag("Nothing is unknown and nothing is an error"),
        "is_risk_analysis": flag("Always false: this is an evaluation, not the risk analysis"),
        "signature": shape(signature, more=True),
        "links": shape({name: text("Where it is") for name in ("self", "report", "package", "results")}),
        "age_hours": {"type": "number", "description": "Hours since the run was completed"},
        "stale": flag("Older than 26 hours"),
        "next_due_at": moment("When the next run is due"),
    }
    return {"Attestation": shape(latest, optional=("by_point",), more=True)}


def _point() -> Schema:
    point = {
        "point": text("Number of a point of the articles that the product answers"),
        "says": text("What it asks"),
        "state": text("What its controls say; planned, explained or not_judged where none was judged"),
        "controls": many(text("Id of a control")),
        "planned": many(text("Id of a control that a later version will bring")),
    }
    return shape(point, more=True)


def _attestations() -> dict[str, Schema]:
    key = {
        "keyid": digest("Id: SHA-256 of the public key's DER"),
        "algorithm": text("Algorithm"),
        "public_key": text("PEM"),
        "first_used_at": moment("When it was first kept"),
        "signed_latest": flag("It signed the latest run"),
    }
    month = {
        "from": day("First day"),
        "to": day("Last day that is over or running"),
        "days": whole("How many days"),
        "evaluated_days": whole("Days with a signed run"),
        "missing_days": many(day("A day"), "Days without one"),
        "longest_gap_hours": whole("Longest time without a signed run"),
        "failed_runs": many(anything("A run that failed, and why")),
        "runs": many(anything("A signed run: place in the chain, digest, counts")),
        "controls": many(anything("A control with its days in each outcome")),
        "exceptions": many(anything("An exception and the days on which it was applied")),
        "is_risk_analysis": flag("Always false: this is an evaluation, not the risk analysis"),
    }
    return {
        "Period": shape(month, more=True),
        "Keys": shape({"keys": many(shape(key))}),
    }


def _runs() -> dict[str, Schema]:
    links = shape(
        {name: text("Where it is") for name in ("self", "status", "results", "report", "package")}, optional=("results", "report", "package")
    )
    run = {
        "run": text("Id of the run"),
        "status": text("How it stands", enum=["running", "completed", "failed"]),
        "trigger": text("What started it", enum=["timer", "manual", "command"]),
        "started_at": moment("When it began"),
        "completed_at": maybe(moment("When it ended")),
        "failure": maybe(text("Why it failed")),
        "scanner_version": text("Version of the scanner"),
        "catalogue_sha256": text("Digest of the catalogue"),
        "sequence": maybe(whole("Place in the chain of attestations")),
        "envelope_sha256": maybe(digest("Digest of the signed envelope")),
        "links": links,
    }
    started = {"run": text("Id of the run"), "status": text("How it stands"), "status_url": text("Where to ask"), "links": links}
    return {
        "Run": shape(run),
        "RunList": shape({"runs": many(ref("Run")), "continuation": CONTINUATION}),
        "RunStatus": shape(started, optional=("status_url", "links")),
    }


def _readiness() -> dict[str, Schema]:
    item = {
        "kind": text("What kind of thing", enum=["application_permission", "directory_role", "plan"]),
        "name": text("Its name"),
        "id": maybe(text("Its id")),
        "resource": text("Of which service"),
        "optional": flag("Granted only when the operator wants the controls that need it"),
        "state": text("Whether it is there", enum=["granted", "missing", "unknown"]),
        "facts": many(text("Id of a fact"), "What is read with it"),
        "controls": many(text("Id of a control"), "What stays unknown without it"),
        "remedy": maybe(text("What to do")),
        "command": maybe(text("The command that grants it, for the Azure CLI")),
    }
    readiness = {
        "ready": flag("Every permission and role that is not optional is granted"),
        "signed_in": flag("The scanner could sign in to the tenant"),
        "problem": maybe(text("Why it could not")),
        "identity": maybe(shape({"object_id": text("Object id"), "app_id": text("Application id")})),
        "counts": shape({name: whole("How many") for name in ("missing", "unknown", "granted")}),
        "items": many(shape(item)),
    }
    fault = shape({"setting": text("Name of the setting"), "problem": text("What is wrong with it")})
    health = {"status": text("ok or faulty", enum=["ok", "faulty"]), "settings": many(fault, "Faulty settings, without their values")}
    return {
        "Readiness": shape(readiness),
        "Health": shape(health, optional=("settings",)),
    }
