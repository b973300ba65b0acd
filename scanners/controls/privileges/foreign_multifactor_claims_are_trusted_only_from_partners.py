from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT
from scanners.facts.cross_tenant_access_default import CrossTenantAccessDefault, InboundTrust
from scanners.model import Verdict
from scanners.three_valued import sort

PROOFS = ("is_mfa_accepted", "is_compliant_device_accepted", "is_hybrid_azure_ad_joined_device_accepted")


@control(
    title="A second factor done elsewhere counts only for named partner organisations",
    cites=("164.312(d)",),
    severity="low",
    designation="standard",
    fix="Entra admin center > External Identities > Cross-tenant access settings > Default settings > Inbound > Trust settings: none; add partners by name",
    crosswalk={"nist_800_53": ["IA-8"]},
    seeds=("B14", "T13"),
    examples=(
        passes(inboundTrust={"isMfaAccepted": False, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False}),
        fails(inboundTrust={"isMfaAccepted": True}),
        fails("a device that somebody else vouches for", inboundTrust={"isHybridAzureADJoinedDeviceAccepted": True}),
        stays_unknown(inboundTrust=None),
        stays_unknown("one of the three is not stated", inboundTrust={"isCompliantDeviceAccepted": None}),
        stays_unknown("one of the three is missing", inboundTrust={"isMfaAccepted": ABSENT}),
    ),
)
def foreign_multifactor_claims_are_trusted_only_from_partners(cross_tenant_access_default: CrossTenantAccessDefault) -> Verdict:
    """The proof of identity must come from a source the organisation chose.

    By default, neither a second factor nor the state of a device that another organisation vouches for is believed; trust in named partners is a choice of its own.
    """
    trust = cross_tenant_access_default.inbound_trust
    if trust is None:
        raise Unrecognised("the trust in other organisations' proofs is not stated")
    return sort(PROOFS, lambda proof: _refused(trust, proof)).every(
        good="no proof of an organisation that is not named is believed",
        bad="proofs of any organisation are believed",
        empty=Unrecognised("the trust in other organisations' proofs is not stated"),
    )


def _refused(trust: InboundTrust, proof: str) -> bool | None:
    accepted = getattr(trust, proof)
    return None if accepted is None else not accepted
