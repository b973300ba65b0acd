from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_policies import PolicyRegister
from scanners.model import Verdict


@control(
    title="Policies are reviewed yearly, kept six years and available to those who follow them",
    cites=(
        "164.316(a)",
        "164.308(a)(1)(i)",
        "164.316(b)(1)",
        "164.316(b)(2)(i)",
        "164.316(b)(2)(ii)",
        "164.316(b)(2)(iii)",
        "164.530(i)",
        "164.530(j)",
    ),
    severity="medium",
    designation="standard",
    kind="attestation",
    fix="Review the register; then record it: python -m local statements add (type policy_register)",
    crosswalk={
        "nist_800_53": [
            "PL-1",
            "PL-2",
            "RA-1",
            "RA-3",
            "CA-2",
            "SI-12",
            "AC-1",
            "AT-1",
            "AU-1",
            "CA-1",
            "CM-1",
            "CP-1",
            "IA-1",
            "IR-1",
            "MA-1",
            "MP-1",
            "PE-1",
            "PM-1",
            "PS-1",
            "PT-1",
            "SA-1",
            "SC-1",
            "SI-1",
            "SR-1",
        ]
    },
    seeds=("A3d", "B24"),
    examples=(
        passes(),
        fails(details={"without_review_in_year": 4}),
        fails("an empty register", details={"policies": 0}),
        fails("old versions are thrown away", details={"kept_six_years": False}),
        *unattested("statement_policy_register", document=False, missing="kept_six_years"),
    ),
)
def policies_are_kept_reviewed_and_available(statement_policy_register: PolicyRegister, at: datetime) -> Verdict:
    """Documentation is a standard of its own, with a clock of six years.

    At least one policy is registered, none was left without review within the year, versions are kept six years, and the workforce can read them.
    """
    said = statement_policy_register.details
    return conclude(
        statement_policy_register,
        at,
        "policies are reviewed yearly, kept six years and within reach of those who follow them",
        {
            "no policy is registered": said.policies >= 1,
            f"{said.without_review_in_year} policies were not reviewed within the year": said.without_review_in_year == 0,
            "versions are not kept for six years": said.kept_six_years,
            "those who follow them cannot read them": said.available_to_workforce,
        },
        policies=said.policies,
    )
