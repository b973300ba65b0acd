from datetime import datetime

from scanners.attesting import YEAR, conclude, unattested, within
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.run_history import RunHistory
from scanners.facts.statements_governance import RiskAnalysis
from scanners.model import Verdict


@control(
    title="A risk analysis naming Microsoft 365 was completed within the year",
    cites=("164.308(a)(1)(ii)(A)",),
    severity="critical",
    designation="required",
    kind="attestation",
    fix="Carry out the analysis (NIST SP 800-30 is one way); then record it: python -m local statements add (type risk_analysis)",
    crosswalk={"nist_800_53": ["RA-1", "RA-3"]},
    seeds=("A5b", "A8"),
    proposed_rule="308(a)(2)",
    examples=(
        passes(),
        fails(details={"names_microsoft_365": False}),
        fails("an analysis that leaves out some ePHI", details={"covers_all_ephi": False}),
        fails("an analysis of more than a year ago", details={"completed_on": "2025-11-23"}),
        passes("exactly a year ago", details={"completed_on": "2025-11-24"}),
        fails(
            "this product's own report, handed in as the analysis, is an evaluation and no risk analysis",
            statement_risk_analysis={"document": {"sha256": "77" * 32}},
            run_history={"packages": ["77" * 32]},
        ),
        stays_unknown("whether the document is this product's own report could not be looked up", run_history=Unreadable("unreachable")),
        *unattested("statement_risk_analysis", document=True, missing="names_microsoft_365"),
    ),
)
def risk_analysis_is_current(statement_risk_analysis: RiskAnalysis, run_history: RunHistory, at: datetime) -> Verdict:
    """It is the first thing that investigators ask for, and the gap that they cite most.

    The analysis was completed within 365 days, names Microsoft 365 and covers all ePHI, and its document is not a report or package that this
    product made.
    """
    said, document = statement_risk_analysis.details, statement_risk_analysis.document
    ours = document is not None and document.sha256.lower() in {digest.lower() for digest in run_history.packages}
    return conclude(
        statement_risk_analysis,
        at,
        "a risk analysis that names Microsoft 365 and covers all ePHI was completed within the year",
        {
            f"it was completed on {said.completed_on}": within(said.completed_on, at, YEAR),
            "it does not name Microsoft 365": said.names_microsoft_365,
            "it does not cover all ePHI": said.covers_all_ephi,
            "its document is a report of this product, which evaluates settings and is no risk analysis": not ours,
        },
        completed_on=said.completed_on.isoformat(),
        methodology=said.methodology,
        risks_high=said.risks_high,
    )
