from datetime import datetime

from scanners.attesting import conclude, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_agreements import MicrosoftAssurance
from scanners.model import Verdict

EIGHTEEN_MONTHS = 548  # days


@control(
    title="A current assurance report covers datacentres, encryption at rest and media disposal",
    cites=("164.308(b)(1)", "164.310(a)(1)", "164.312(a)(2)(iv)", "164.310(d)(2)(i)"),
    severity="medium",
    designation="standard",
    kind="attestation",
    fix="Service Trust Portal > Certifications, Regulations and Standards: download the report; then record it: python -m local statements add (type microsoft_assurance)",
    crosswalk={"nist_800_53": ["CA-3", "PS-7", "SA-9", "PE-1", "PE-2", "PE-3", "PE-3(1)", "PE-4", "PE-5", "SC-13", "MP-6"]},
    seeds=("A3a", "B13", "B3"),
    proposed_rule="308(b)(1)",
    examples=(
        passes(),
        fails(details={"period_to": "2024-03-31"}),
        fails("a report that leaves out the disposal of media", details={"covers_media_disposal": False}),
        fails("a period that has not ended is not audited yet", details={"period_to": "2026-12-31"}),
        *unattested("statement_microsoft_assurance", document=True, missing="covers_encryption_at_rest"),
    ),
)
def microsoft_side_is_assured(statement_microsoft_assurance: MicrosoftAssurance, at: datetime) -> Verdict:
    """The part of the safeguards that Microsoft runs must be shown, not assumed.

    The report covers the security of the datacentres, encryption at rest and the disposal of media, and its period ended within 548 days.
    """
    said = statement_microsoft_assurance.details
    return conclude(
        statement_microsoft_assurance,
        at,
        "a current assurance report covers Microsoft's datacentres, encryption at rest and disposal of media",
        {
            "it does not cover the security of the datacentres": said.covers_datacentre_security,
            "it does not cover encryption at rest": said.covers_encryption_at_rest,
            "it does not cover the disposal of media": said.covers_media_disposal,
            f"its period ended on {said.period_to}": within(said.period_to, at, EIGHTEEN_MONTHS),
        },
        report=said.report,
        period_to=said.period_to.isoformat(),
    )
