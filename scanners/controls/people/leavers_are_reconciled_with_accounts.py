from datetime import datetime

from scanners.attesting import conclude, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_workforce import WorkforceAccess
from scanners.model import Parameter, Verdict


@control(
    title="The list of leavers was matched with accounts within the quarter and none kept access",
    cites=("164.308(a)(3)(ii)(C)",),
    severity="high",
    designation="addressable",
    kind="attestation",
    fix="Compare the personnel list with the enabled accounts (Entra admin center > Users); then record it: python -m local statements add (type workforce_access)",
    parameters={
        "reconcile_days": Parameter(
            why="no source fixes how often; a quarter is what reviews of access use", unit="days", low=1, high=366, looser="higher"
        )
    },
    crosswalk={"nist_800_53": ["PS-1", "PS-4", "PS-5"]},
    seeds=("B12",),
    proposed_rule="308(a)(9)(ii)(C)",
    examples=(
        passes(),
        fails(details={"leavers_with_access": 1}),
        fails("an old comparison says nothing of those who left since", details={"leavers_reconciled_on": "2026-08-01"}),
        fails("a comparison that lies in the future has not happened", details={"leavers_reconciled_on": "2026-12-24"}),
        passes("on the last day of the quarter", details={"leavers_reconciled_on": "2026-08-26"}),
        *unattested("statement_workforce_access", document=True, missing="leavers_with_access"),
    ),
)
def leavers_are_reconciled_with_accounts(statement_workforce_access: WorkforceAccess, at: datetime, *, reconcile_days: int = 90) -> Verdict:
    """A directory cannot know who left: only the list of personnel does.

    The list of leavers was compared with the accounts at most reconcile_days ago, and nobody who left had access.
    """
    said = statement_workforce_access.details
    return conclude(
        statement_workforce_access,
        at,
        "the people who left were compared with the accounts in time, and none kept access",
        {
            f"the last comparison of leavers with accounts is of {said.leavers_reconciled_on}": within(
                said.leavers_reconciled_on, at, reconcile_days
            ),
            f"{said.leavers_with_access} people who left still had access": said.leavers_with_access == 0,
        },
        reconciled_on=said.leavers_reconciled_on.isoformat(),
    )
