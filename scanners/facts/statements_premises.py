"""Statements about the physical side: workstations, devices and media that leave, and the organisation's own premises."""

from scanners.statements import Count, Details, Statement, statement_fact


class WorkstationPolicyDetails(Details):
    """What the rules cover."""

    use_policy: bool
    physical_security_policy: bool
    covers_remote_work: bool
    covers_shared_rooms_and_phones: bool


class WorkstationPolicy(Statement):
    """The rules for the use and the physical security of workstations."""

    details: WorkstationPolicyDetails


class MediaDisposalDetails(Details):
    """The procedures and records around devices that leave, move or are used again."""

    disposal_procedure: bool
    reuse_procedure: bool
    movement_log: bool
    copy_before_move: bool
    certificates_in_period: Count


class MediaDisposal(Statement):
    """Disposal, re-use and movement of devices and media."""

    details: MediaDisposalDetails


class FacilitySecurityDetails(Details):
    """How access to the premises is planned, controlled and recorded."""

    facility_security_plan: bool
    access_control_and_validation: bool
    maintenance_records: bool
    contingency_access: bool


class FacilitySecurity(Statement):
    """The security of the organisation's own premises."""

    details: FacilitySecurityDetails


facts = (
    statement_fact(
        "workstation_policy",
        WorkstationPolicy,
        title="Workstation use and security policy",
        attester_role="it_operations",
        validity_days=365,
        document_required=True,
        register_id="ATT-WORKSTATION",
        cites=("164.310(b)", "164.310(c)"),
        about="The rules for where and how screens with ePHI are used, at work, at home and in shared rooms.",
        details={"use_policy": True, "physical_security_policy": True, "covers_remote_work": True, "covers_shared_rooms_and_phones": True},
    ),
    statement_fact(
        "media_disposal",
        MediaDisposal,
        title="Device and media disposal, re-use and movement records",
        attester_role="it_operations",
        validity_days=365,
        document_required=True,
        register_id="ATT-MEDIA",
        cites=("164.310(d)(1)", "164.310(d)(2)(i)", "164.310(d)(2)(ii)", "164.310(d)(2)(iii)"),
        about="How devices and media are wiped, used again, moved and copied before they move.",
        details={"disposal_procedure": True, "reuse_procedure": True, "movement_log": True, "copy_before_move": True, "certificates_in_period": 12},
    ),
    statement_fact(
        "facility_security",
        FacilitySecurity,
        title="Own premises: facility access",
        attester_role="it_operations",
        validity_days=365,
        document_required=True,
        register_id="ATT-FACILITY",
        cites=("164.310(a)(1)", "164.310(a)(2)(i)", "164.310(a)(2)(ii)", "164.310(a)(2)(iii)", "164.310(a)(2)(iv)"),
        about="How access to the organisation's own premises and equipment is planned, controlled and recorded.",
        details={"facility_security_plan": True, "access_control_and_validation": True, "maintenance_records": True, "contingency_access": True},
    ),
)
