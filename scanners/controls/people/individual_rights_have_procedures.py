from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_policies import IndividualRights
from scanners.model import Verdict


@control(
    title="Access, amendment, accounting and complaints have procedures and no late answers",
    cites=("164.524", "164.522(a)", "164.526", "164.528", "164.530(d)"),
    severity="medium",
    designation="standard",
    kind="attestation",
    fix="Adopt the procedures; then record them: python -m local statements add (type individual_rights)",
    seeds=("B4",),
    examples=(
        passes(),
        fails(details={"accounting_procedure": False}),
        fails("procedures that are not kept: late answers", details={"requests_late": 2}),
        *unattested("statement_individual_rights", document=True, missing="requests_late"),
    ),
)
def individual_rights_have_procedures(statement_individual_rights: IndividualRights, at: datetime) -> Verdict:
    """Patients may ask for copies, for corrections, and for who saw their data.

    Procedures for access, amendment, accounting of disclosures and complaints exist, and no answer was late.
    """
    said = statement_individual_rights.details
    return conclude(
        statement_individual_rights,
        at,
        "access, amendment, accounting and complaints have procedures, and no answer was late",
        {
            "there is no procedure for access": said.access_procedure,
            "there is no procedure for amendment": said.amendment_procedure,
            "there is no procedure for an account of disclosures": said.accounting_procedure,
            "there is no procedure for complaints": said.complaints_procedure,
            f"{said.requests_late} answers were late": said.requests_late == 0,
        },
    )
