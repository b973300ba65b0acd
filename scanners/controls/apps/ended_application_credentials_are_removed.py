from datetime import datetime

from scanners.credentials import Holder, ended
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.applications import Application
from scanners.model import Parameter, Verdict, not_applicable
from scanners.three_valued import sort


@control(
    title="Ended application secrets and certificates are removed",
    cites=("164.308(a)(4)(ii)(C)",),
    severity="low",
    designation="addressable",
    fix="Entra admin center > App registrations > the application > Certificates & secrets > delete",
    crosswalk={"nist_800_53": ["IA-5"]},
    seeds=("S25",),
    parameters={"grace_days": Parameter(why="time to roll over", unit="days", low=0, high=365, looser="higher")},
    examples=(
        passes(applications=[{"passwordCredentials": []}]),
        passes("just rolled over", applications=[{"passwordCredentials": [{"endDateTime": "2026-11-10T00:00:00Z"}]}]),
        passes("no end is no leftover", applications=[{"passwordCredentials": [{"endDateTime": None}]}]),
        fails(applications=[{"passwordCredentials": [{"endDateTime": "2025-01-01T00:00:00Z"}]}]),
        fails(
            "a certificate",
            applications=[
                {
                    "passwordCredentials": [],
                    "keyCredentials": [{"keyId": "k1", "startDateTime": "2024-01-01T00:00:00Z", "endDateTime": "2025-01-01T00:00:00Z"}],
                }
            ],
        ),
        stays_unknown(applications=Unreadable("unreachable")),
        stays_unknown("a missing end", applications=[{"passwordCredentials": [{"endDateTime": ABSENT}]}]),
        does_not_apply("no application is registered here", applications=[]),
    ),
)
def ended_application_credentials_are_removed(applications: tuple[Application, ...], at: datetime, *, grace_days: int = 30) -> Verdict:
    """Leftovers hide which secrets and certificates are really in use.

    No secret or certificate of a registration ended more than `grace_days` ago. SAML certificates of service principals are left out: they are not in registrations.
    """
    piles = sort((Holder(application) for application in applications), lambda holder: ended(holder, at, grace_days) == 0)
    return piles.every(
        good="registrations without leftovers",
        bad=f"registrations with a secret or certificate that ended more than {grace_days} days ago",
        empty=not_applicable("no application is registered in this tenant", looked_at=0),
        name=lambda holder: holder.app_id,
        leftovers=sum(ended(holder, at, grace_days) for holder in piles.bad),
    )
