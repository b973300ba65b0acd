from datetime import datetime

from scanners.attesting import conclude
from scanners.declare import control, fails, is_due, passes, stays_unknown
from scanners.examples import ABSENT, Unreadable
from scanners.facts.organization import Organization
from scanners.facts.statements_agreements import BaaMicrosoft
from scanners.facts.statements_governance import PlanScope
from scanners.model import Verdict
from scanners.reading import attributes

_TENANT = "99999999-0000-4000-8000-000000000001"
_OURS = {"details.tenant_id": _TENANT}


@control(
    title="A business associate agreement with Microsoft is on file and covers this tenant",
    cites=(
        "164.308(b)(1)",
        "164.308(b)(3)",
        "164.314(a)(2)(i)(A)",
        "164.314(a)(2)(i)(B)",
        "164.314(a)(2)(i)(C)",
        "164.502(e)(1)",
        "164.502(e)(2)",
        "164.504(e)(2)",
    ),
    severity="critical",
    designation="standard",
    kind="attestation",
    fix="Service Trust Portal or licence portal: download the agreement; then record it: python -m local statements add (type baa_microsoft)",
    crosswalk={"nist_800_53": ["CA-3", "PS-7", "SA-9", "SA-4", "IR-6", "PS-6"]},
    seeds=("A1", "A1b", "B19", "B6", "B20"),
    examples=(
        passes(statement_baa_microsoft=_OURS),
        passes("ids are compared without case", statement_baa_microsoft={"details.tenant_id": _TENANT.upper()}),
        passes(
            "Microsoft's default terms are accepted; nobody asks for Microsoft's signature",
            statement_baa_microsoft={**_OURS, "details.channel": "product_terms_dpa"},
        ),
        passes(
            "without a statement of scope the services cannot be compared, and the agreement is judged by itself",
            statement_baa_microsoft=_OURS,
            statement_plan_scope=None,
        ),
        fails(
            "an agreement that does not bind subcontractors",
            statement_baa_microsoft={**_OURS, "details.clauses.subcontractors": False},
        ),
        fails("the agreement of another tenant", statement_baa_microsoft={"details.tenant_id": "3c19c757-3b55-411f-b03f-2bcc514a598d"}),
        fails(
            "a service that holds ePHI and is not covered",
            statement_baa_microsoft={**_OURS, "details.covered_services": ["Exchange Online"]},
            statement_plan_scope={"details.services_with_ephi": ["Exchange Online", "Microsoft Teams"]},
        ),
        is_due("nothing in the directory tells about the agreement, so nothing but a statement can pass this", statement_baa_microsoft=None),
        is_due("expired yesterday", statement_baa_microsoft={**_OURS, "expires_at": "2026-11-23"}),
        is_due(
            "a term of ten years is cut back to one", statement_baa_microsoft={**_OURS, "effective_from": "2025-11-01", "expires_at": "2035-11-01"}
        ),
        is_due("not in effect yet", statement_baa_microsoft={**_OURS, "effective_from": "2026-11-25"}),
        is_due("made by the wrong role", statement_baa_microsoft={**_OURS, "attester.role": "it_operations"}),
        is_due("without the document", statement_baa_microsoft={**_OURS, "document": None}),
        is_due(
            "a term that the record does not answer is not taken as agreed", statement_baa_microsoft={**_OURS, "details.clauses.termination": ABSENT}
        ),
        stays_unknown("which tenant this is could not be read", statement_baa_microsoft=_OURS, organization=Unreadable("not_permitted")),
    ),
)
def microsoft_agreement_is_on_file(
    statement_baa_microsoft: BaaMicrosoft, organization: Organization, statement_plan_scope: PlanScope | None, at: datetime
) -> Verdict:
    """Without satisfactory assurance, all ePHI that is kept in the service has been disclosed without permission.

    A statement about the agreement counts; the agreement is that of the tenant that was scanned, each of its terms is present, and it covers every service
    that the statement of scope, where there is one, says to hold ePHI.
    """
    said = statement_baa_microsoft.details
    open_terms = [term for term in attributes(type(said.clauses)) if not getattr(said.clauses, term)]
    covered = {service.casefold() for service in said.covered_services}
    needed = statement_plan_scope.details.services_with_ephi if statement_plan_scope else ()
    uncovered = sorted(service for service in needed if service.casefold() not in covered)
    return conclude(
        statement_baa_microsoft,
        at,
        "the agreement with Microsoft is on file, is that of this tenant, and has every term",
        {
            "it is the agreement of another tenant": said.tenant_id.lower() == organization.id.lower(),
            f"it lacks the terms {', '.join(open_terms)}": not open_terms,
            f"it does not cover {', '.join(uncovered)}": not uncovered,
        },
        terms_missing=open_terms,
        services_not_covered=uncovered,
        scope_stated=statement_plan_scope is not None,
    )
