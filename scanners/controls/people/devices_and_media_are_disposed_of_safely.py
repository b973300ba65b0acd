from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_premises import MediaDisposal
from scanners.model import Verdict


@control(
    title="Disposal, re-use, movement and copy-before-move of devices are recorded",
    cites=("164.310(d)(1)", "164.310(d)(2)(i)", "164.310(d)(2)(ii)", "164.310(d)(2)(iii)", "164.310(d)(2)(iv)"),
    severity="medium",
    designation="standard",
    kind="attestation",
    fix="Adopt the procedures; then record them: python -m local statements add (type media_disposal)",
    crosswalk={"nist_800_53": ["CM-8", "MP-1", "MP-2", "MP-3", "MP-4", "MP-5", "MP-6", "PE-16", "PE-20", "PS-6", "CP-9"]},
    seeds=("A4a-1",),
    examples=(
        passes(),
        fails(details={"reuse_procedure": False}),
        fails("movements that nobody wrote down", details={"movement_log": False}),
        *unattested("statement_media_disposal", document=True, missing="movement_log"),
    ),
)
def devices_and_media_are_disposed_of_safely(statement_media_disposal: MediaDisposal, at: datetime) -> Verdict:
    """A laptop that was sold with ePHI on it is a breach.

    Procedures for disposal and for re-use, a log of movements, and copies before equipment moves all exist.
    """
    said = statement_media_disposal.details
    return conclude(
        statement_media_disposal,
        at,
        "disposal, re-use, movement and copies before a move have procedures and records",
        {
            "there is no procedure for disposal": said.disposal_procedure,
            "there is no procedure for using devices again": said.reuse_procedure,
            "movements are not logged": said.movement_log,
            "no copy is made before equipment moves": said.copy_before_move,
        },
    )
