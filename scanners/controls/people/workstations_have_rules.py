from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_premises import WorkstationPolicy
from scanners.model import Verdict


@control(
    title="Workstation use and physical security are ruled, also for remote work and shared rooms",
    cites=("164.310(b)", "164.310(c)"),
    severity="medium",
    designation="standard",
    kind="attestation",
    fix="Adopt the policy; then record it: python -m local statements add (type workstation_policy)",
    crosswalk={
        "nist_800_53": [
            "AC-3",
            "AC-4",
            "AC-11",
            "AC-12",
            "AC-16",
            "AC-17",
            "AC-19",
            "PE-3",
            "PE-5",
            "PL-4",
            "PS-6",
            "MP-2",
            "MP-3",
            "MP-4",
            "PE-2",
            "PE-4",
            "PE-18",
        ]
    },
    seeds=("A4a-3", "B20"),
    examples=(
        passes(),
        fails(details={"covers_remote_work": False}),
        fails("use without physical security", details={"physical_security_policy": False}),
        *unattested("statement_workstation_policy", document=True, missing="use_policy"),
    ),
)
def workstations_have_rules(statement_workstation_policy: WorkstationPolicy, at: datetime) -> Verdict:
    """ePHI is read on screens, so where and how they are used must be defined.

    Rules for use and for physical security exist, and cover remote work, shared rooms and phones.
    """
    said = statement_workstation_policy.details
    return conclude(
        statement_workstation_policy,
        at,
        "the use and the physical security of workstations are ruled, remote work and shared rooms included",
        {
            "the use of workstations is not ruled": said.use_policy,
            "their physical security is not ruled": said.physical_security_policy,
            "remote work is not covered": said.covers_remote_work,
            "shared rooms and phones are not covered": said.covers_shared_rooms_and_phones,
        },
    )
