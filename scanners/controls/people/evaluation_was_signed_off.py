from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes, stays_unknown
from scanners.examples import Unreadable
from scanners.facts.run_history import RunHistory
from scanners.facts.statements_governance import EvaluationSignoff
from scanners.model import Verdict

_CHAIN = {"chain": ["a" * 64]}


@control(
    title="The security official signed off an evaluation within the year",
    cites=("164.308(a)(8)", "164.306(c)", "164.306(e)"),
    severity="medium",
    designation="standard",
    kind="attestation",
    fix="Read the package; then record the digest of its attestation (attestation.dsse.json): python -m local statements add (type evaluation_signoff)",
    crosswalk={"nist_800_53": ["CA-1", "CA-2", "CA-6", "CA-7", "CA-8"]},
    seeds=("A8", "B3"),
    proposed_rule="308(a)(14)",
    examples=(
        passes(run_history=_CHAIN),
        fails("a digest that is not in the own chain", run_history=_CHAIN, statement_evaluation_signoff={"details": {"envelope_sha256": "f" * 64}}),
        fails("only the settings were judged", run_history=_CHAIN, statement_evaluation_signoff={"details": {"nontechnical_reviewed": False}}),
        fails("nothing was ever signed", run_history={"chain": []}),
        stays_unknown("what was signed could not be read", run_history=Unreadable("unreachable")),
        *unattested("statement_evaluation_signoff", document=False, missing="technical_reviewed", run_history=_CHAIN),
    ),
)
def evaluation_was_signed_off(statement_evaluation_signoff: EvaluationSignoff, run_history: RunHistory, at: datetime) -> Verdict:
    """What a machine reports becomes an evaluation when an accountable person judges it.

    The sign-off covers the technical and the non-technical side, and names the digest of an attestation in this product's own chain.
    """
    said = statement_evaluation_signoff.details
    ours = said.envelope_sha256.lower() in {digest.lower() for digest in run_history.chain}
    return conclude(
        statement_evaluation_signoff,
        at,
        "an evaluation of this product was read and signed off",
        {
            "the technical side was not reviewed": said.technical_reviewed,
            "the non-technical side was not reviewed": said.nontechnical_reviewed,
            "the digest that it names is not that of a signed evaluation of this product in the last 400 days": ours,
        },
        evaluated_run=said.run_id,
        open_critical=said.open_critical,
        next_review_on=said.next_review_on.isoformat(),
    )
