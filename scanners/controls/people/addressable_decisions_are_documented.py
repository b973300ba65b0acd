from collections.abc import Mapping
from datetime import datetime, timedelta

from scanners import hipaa
from scanners.declare import control, fails, is_due, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.open_findings import OpenFinding, OpenFindings
from scanners.facts.statements_governance import ADDRESSABLE_DECISION, AddressableDecision
from scanners.model import Parameter, Verdict, failed, passed
from scanners.statements import still_due

_GAP = {
    "findings": [
        {
            "control_id": "idle_web_sessions_sign_out",
            "severity": "high",
            "designation": "addressable",
            "first_seen": "2026-07-01T02:00:00Z",
            "plan_due": None,
            "plan_owner_role": None,
        }
    ]
}

_APPROVED = {"second_approval": {"by_object_id": "3a1b7f0e-3a8d-4d52-8e90-6a0d6d3b0404", "at": "2026-11-02T09:00:00Z", "result": "approved"}}


@control(
    title="Every addressable safeguard not met has a documented, approved decision",
    cites=("164.316(b)(1)", "164.306(d)(3)"),
    severity="high",
    designation="standard",
    kind="attestation",
    fix="Assess the specification, decide, record the decision (POST /api/v1/statements, type addressable_decision), and have somebody else approve it",
    parameters={"grace_days": Parameter(why="no source fixes how soon a decision must be written", unit="days", low=0, high=90, looser="higher")},
    crosswalk={"nist_800_53": ["CA-2", "PL-2"]},
    seeds=("A3e", "B15-2"),
    proposed_rule="306(d)",
    examples=(
        passes(open_findings=_GAP, statement_addressable_decision=[_APPROVED]),
        passes("no addressable specification is unmet, so nothing needs a decision", open_findings={"findings": []}),
        passes("a required one that fails is no matter for a decision", open_findings={"findings": [{"designation": "required"}]}),
        passes("a gap of this week has its time", open_findings={"findings": [{"designation": "addressable", "first_seen": "2026-11-20T02:00:00Z"}]}),
        passes(
            "one that is accepted already has its decision",
            open_findings={"findings": [{"designation": "addressable", "outcome": "accepted", "first_seen": "2026-07-01T02:00:00Z"}]},
        ),
        fails(
            "a decision without a reason",
            open_findings=_GAP,
            statement_addressable_decision=[{**_APPROVED, "details": {"reason": "  ", "equivalent_measure": ""}}],
        ),
        fails(
            "a standard cannot be decided away",
            open_findings=_GAP,
            statement_addressable_decision=[{**_APPROVED, "details": {"citation": "164.312(b)"}}],
        ),
        fails(
            "what was found reasonable and appropriate must be done",
            open_findings=_GAP,
            statement_addressable_decision=[{**_APPROVED, "details": {"reasonable_and_appropriate": True}}],
        ),
        is_due("nobody else has approved the decision", open_findings=_GAP, statement_addressable_decision=[{}]),
        is_due("nobody has decided", open_findings=_GAP, statement_addressable_decision=None),
        is_due(
            "the decision is about another control",
            open_findings=_GAP,
            statement_addressable_decision=[{**_APPROVED, "details": {"control_id": "guests_are_reviewed"}}],
        ),
        is_due("expired yesterday", open_findings=_GAP, statement_addressable_decision=[{**_APPROVED, "expires_at": "2026-11-23"}]),
        is_due("made by the wrong role", open_findings=_GAP, statement_addressable_decision=[{**_APPROVED, "attester": {"role": "it_operations"}}]),
        is_due("without the document", open_findings=_GAP, statement_addressable_decision=[{**_APPROVED, "document": None}]),
        is_due(
            "without saying for which control", open_findings=_GAP, statement_addressable_decision=[{**_APPROVED, "details": {"control_id": ABSENT}}]
        ),
        stays_unknown("what is open could not be read", open_findings=Unreadable("unreachable")),
        stays_unknown("a designation that is not known", open_findings={"findings": [{"designation": "optional"}]}),
    ),
)
def addressable_decisions_are_documented(
    open_findings: OpenFindings, statement_addressable_decision: tuple[AddressableDecision, ...] | None, at: datetime, *, grace_days: int = 30
) -> Verdict:
    """A gap in an addressable specification is lawful when the decision is written down, and a violation when it is not.

    For every addressable control that has failed for more than grace_days a decision is on file and was approved by a second person: for a
    citation that is addressable, with a reason, and not one that found the specification reasonable and appropriate. Where nothing of the kind
    fails, nothing is needed. A decision turns the control into accepted, never into pass.
    """
    decided = {each.details.control_id: each for each in statement_addressable_decision or () if _approved(each)}
    overdue = [finding for finding in open_findings.findings if _needs_decision(finding, at, grace_days)]
    empty = sorted(f.control_id for f in overdue if f.control_id in decided and not _holds(decided[f.control_id]))
    without = sorted(f.control_id for f in overdue if f.control_id not in decided)
    seen: Mapping[str, int] = {"addressable_failing": len(overdue), "undecided": len(without), "decisions_that_do_not_hold": len(empty)}
    if empty:
        return failed(f"decisions without a reason, or that cannot be taken: {', '.join(empty)}", empty, **seen)
    if without:
        return still_due(ADDRESSABLE_DECISION, f"no approved decision is on file for {', '.join(without)}", **seen, controls=without)
    if not overdue:
        return passed(f"no addressable specification has been unmet for more than {grace_days} days", (), **seen)
    return passed(
        f"every addressable specification that is not met has a documented decision: {len(overdue)}", (f.control_id for f in overdue), **seen
    )


def _needs_decision(finding: OpenFinding, at: datetime, grace_days: int) -> bool:
    return finding.designation == "addressable" and finding.outcome == "fail" and at - finding.first_seen > timedelta(days=grace_days)


def _approved(decision: AddressableDecision) -> bool:
    return decision.second_approval is not None and decision.second_approval.result == "approved"


def _holds(decision: AddressableDecision) -> bool:
    said = decision.details
    provision = hipaa.by_citation().get(said.citation)
    return provision is not None and provision.kind == "addressable" and bool(said.reason.strip()) and not said.reasonable_and_appropriate
