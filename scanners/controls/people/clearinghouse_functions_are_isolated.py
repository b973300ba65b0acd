from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, does_not_apply, fails, is_due, passes
from scanners.facts.statements_governance import CLEARINGHOUSE_ISOLATION, ClearinghouseIsolation, PlanScope
from scanners.model import Verdict, not_applicable
from scanners.statements import still_due

_SCOPE = {"details": {"is_clearinghouse_part": True}}


@control(
    title="Clearinghouse functions are isolated from the larger organization",
    cites=("164.308(a)(4)(ii)(A)",),
    severity="high",
    designation="required",
    kind="attestation",
    fix="Isolate the clearinghouse (a tenant or an access boundary of its own); then record it: python -m local statements add (type clearinghouse_isolation)",
    crosswalk={"nist_800_53": ["AC-5", "AC-6", "CA-3"]},
    seeds=("B3",),
    examples=(
        passes(statement_plan_scope=_SCOPE),
        fails(statement_plan_scope=_SCOPE, statement_clearinghouse_isolation={"details": {"isolated": False}}),
        does_not_apply("no clearinghouse is part of this organization", statement_plan_scope={"details": {"is_clearinghouse_part": False}}),
        does_not_apply(
            "and then no statement is needed either",
            statement_plan_scope={"details": {"is_clearinghouse_part": False}},
            statement_clearinghouse_isolation=None,
        ),
        is_due("without a statement of scope nobody knows whether it applies", statement_plan_scope=None),
        is_due("nor from one that has expired", statement_plan_scope={"details": {"is_clearinghouse_part": False}, "expires_at": "2026-11-23"}),
        *unattested("statement_clearinghouse_isolation", document=True, missing="isolated", statement_plan_scope=_SCOPE),
    ),
)
def clearinghouse_functions_are_isolated(
    statement_plan_scope: PlanScope, statement_clearinghouse_isolation: ClearinghouseIsolation | None, at: datetime
) -> Verdict:
    """The ePHI of a clearinghouse must not be open to the organization around it.

    Where the statement of scope says that a clearinghouse is part of the organization, its functions are isolated.
    """
    if not statement_plan_scope.details.is_clearinghouse_part:
        return not_applicable("no clearinghouse is part of this organization", stated_by=statement_plan_scope.id)
    if statement_clearinghouse_isolation is None:
        return still_due(CLEARINGHOUSE_ISOLATION)
    said = statement_clearinghouse_isolation.details
    return conclude(
        statement_clearinghouse_isolation, at, "the functions of the clearinghouse are isolated", {"its functions are not isolated": said.isolated}
    )
