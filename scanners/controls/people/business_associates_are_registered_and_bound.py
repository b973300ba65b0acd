from datetime import datetime

from scanners.attesting import YEAR, conclude, day_of, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_agreements import BusinessAssociate, BusinessAssociateRegister
from scanners.model import Verdict


@control(
    title="Every business associate with ePHI is registered with a valid agreement",
    cites=(
        "164.308(b)(1)",
        "164.308(b)(2)",
        "164.308(b)(3)",
        "164.314(a)(1)",
        "164.314(a)(2)(ii)",
        "164.314(a)(2)(iii)",
        "164.502(e)(2)",
        "164.504(e)(1)",
    ),
    severity="critical",
    designation="standard",
    kind="attestation",
    fix="Keep the register current: an agreement for each party with ePHI, a look at each row once a year; then record it: python -m local statements add (type business_associate_register)",
    crosswalk={"nist_800_53": ["CA-3", "PS-7", "SA-9", "SA-4", "PS-6", "IR-6"]},
    seeds=("A6", "B11"),
    proposed_rule="308(b)(1)",
    examples=(
        passes(statement_business_associate_register={"details": {"entries": [{"baa_until": None}]}}),
        fails(
            statement_business_associate_register={
                "details": {"entries": [{"name": "Quillfax Ltd", "baa_signed_on": None, "baa_until": None, "clauses_complete": False}]}
            }
        ),
        fails(
            "an agreement that has ended",
            statement_business_associate_register={"details": {"entries": [{}, {"name": "Quillfax Ltd", "baa_until": "2026-11-23"}]}},
        ),
        passes("an agreement on its last day", statement_business_associate_register={"details": {"entries": [{"baa_until": "2026-11-24"}]}}),
        fails(
            "an agreement that is not signed yet", statement_business_associate_register={"details": {"entries": [{"baa_signed_on": "2026-12-01"}]}}
        ),
        fails("an agreement without all of its terms", statement_business_associate_register={"details": {"entries": [{"clauses_complete": False}]}}),
        passes(
            "a party without ePHI needs no agreement",
            statement_business_associate_register={
                "details": {"entries": [{"handles_phi": False, "baa_signed_on": None, "baa_until": None, "clauses_complete": False}]}
            },
        ),
        fails(
            "but a look once a year it needs too",
            statement_business_associate_register={"details": {"entries": [{"handles_phi": False, "reviewed_on": "2025-08-30"}]}},
        ),
        passes(
            "an explicit empty list says that there is nobody; it is reported as unusual",
            statement_business_associate_register={"details": {"entries": []}},
        ),
        *unattested("statement_business_associate_register", document=False, missing="entries"),
    ),
)
def business_associates_are_registered_and_bound(statement_business_associate_register: BusinessAssociateRegister, at: datetime) -> Verdict:
    """Each outside party that touches ePHI needs a written assurance of its own; Microsoft's covers Microsoft.

    Every entry of the register that handles ePHI has an agreement that is signed, complete and not ended, and every entry was reviewed within
    365 days.
    """
    entries = statement_business_associate_register.details.entries
    unbound = sorted(entry.name for entry in entries if entry.handles_phi and not _bound(entry, at))
    stale = sorted(entry.name for entry in entries if not within(entry.reviewed_on, at, YEAR))
    return conclude(
        statement_business_associate_register,
        at,
        f"every business associate with ePHI has a valid agreement: {len(entries)} parties are registered",
        {
            f"no valid and complete agreement binds {', '.join(unbound)}": not unbound,
            f"nobody reviewed within the year the entry of {', '.join(stale)}": not stale,
        },
        affected=sorted({*unbound, *stale}),
        parties=len(entries),
        with_ephi=sum(entry.handles_phi for entry in entries),
        unusual="the register is empty: few organisations have no business associate" if not entries else None,
    )


def _bound(entry: BusinessAssociate, at: datetime) -> bool:
    signed = entry.baa_signed_on is not None and entry.baa_signed_on <= day_of(at)
    return signed and entry.clauses_complete and (entry.baa_until is None or entry.baa_until >= day_of(at))
