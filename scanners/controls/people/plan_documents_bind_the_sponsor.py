from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, does_not_apply, fails, is_due, passes
from scanners.facts.statements_agreements import PLAN_DOCUMENTS, PlanDocuments
from scanners.facts.statements_governance import PlanScope
from scanners.model import Verdict, not_applicable
from scanners.statements import still_due

_SCOPE = {"details": {"is_group_health_plan": True}}


@control(
    title="Group health plan documents bind the sponsor to safeguards",
    cites=("164.314(b)(1)", "164.314(b)(2)(i)", "164.314(b)(2)(ii)", "164.314(b)(2)(iii)", "164.314(b)(2)(iv)"),
    severity="medium",
    designation="standard",
    kind="attestation",
    fix="Amend the plan documents; then record it: python -m local statements add (type plan_documents)",
    crosswalk={"nist_800_53": ["PL-2", "SA-9", "IR-6"]},
    seeds=("B3",),
    examples=(
        passes(statement_plan_scope=_SCOPE),
        fails(statement_plan_scope=_SCOPE, statement_plan_documents={"details": {"adequate_separation": False}}),
        fails("agents who are not bound", statement_plan_scope=_SCOPE, statement_plan_documents={"details": {"agents": False}}),
        does_not_apply("this is no group health plan", statement_plan_scope={"details": {"is_group_health_plan": False}}),
        does_not_apply(
            "and then no statement is needed either", statement_plan_scope={"details": {"is_group_health_plan": False}}, statement_plan_documents=None
        ),
        is_due("without a statement of scope nobody knows whether it applies", statement_plan_scope=None),
        is_due("nor from one that has expired", statement_plan_scope={"details": {"is_group_health_plan": False}, "expires_at": "2026-11-23"}),
        *unattested("statement_plan_documents", document=True, missing="agents", statement_plan_scope=_SCOPE),
    ),
)
def plan_documents_bind_the_sponsor(statement_plan_scope: PlanScope, statement_plan_documents: PlanDocuments | None, at: datetime) -> Verdict:
    """The sponsor of a group health plan handles ePHI outside of the plan's own rules unless its documents bind it.

    Where the statement of scope says that this is a group health plan, its documents ask for safeguards, adequate separation, agents bound to
    the same, and reports of incidents.
    """
    if not statement_plan_scope.details.is_group_health_plan:
        return not_applicable("this is no group health plan", stated_by=statement_plan_scope.id)
    if statement_plan_documents is None:
        return still_due(PLAN_DOCUMENTS)
    said = statement_plan_documents.details
    return conclude(
        statement_plan_documents,
        at,
        "the plan documents bind the sponsor to safeguards",
        {
            "they do not ask for safeguards": said.safeguards,
            "they do not ask for adequate separation": said.adequate_separation,
            "they do not bind agents": said.agents,
            "they do not ask to report incidents": said.report_incidents,
        },
    )
