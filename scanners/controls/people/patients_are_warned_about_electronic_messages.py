from datetime import datetime

from scanners.attesting import conclude, unattested
from scanners.declare import control, fails, passes
from scanners.facts.statements_policies import PatientCommunication
from scanners.model import Verdict


@control(
    title="Patients are warned of risks and their wishes for electronic contact are logged",
    cites=("164.522(b)", "164.506(b)", "164.520", "164.530(c)"),
    severity="medium",
    designation="standard",
    kind="attestation",
    fix="Adopt the procedure; then record it: python -m local statements add (type patient_communication)",
    seeds=("A7",),
    examples=(
        passes(),
        fails(details={"risk_warning_text": False}),
        fails("wording that HIPAA demands a consent form is wrong", details={"claims_consent_is_required_by_hipaa": True}),
        fails("wishes that nobody writes down cannot be honoured", details={"preference_log": False}),
        *unattested("statement_patient_communication", document=True, missing="claims_consent_is_required_by_hipaa"),
    ),
)
def patients_are_warned_about_electronic_messages(statement_patient_communication: PatientCommunication, at: datetime) -> Verdict:
    """A patient may choose plain e-mail, but only after a warning, and the wish must be honoured.

    A procedure, a text that warns of the risk, a log of wishes and the notice of privacy practices exist, and nothing claims that HIPAA asks for
    a consent form.
    """
    said = statement_patient_communication.details
    return conclude(
        statement_patient_communication,
        at,
        "patients are warned of the risk of electronic messages, and their wishes are logged",
        {
            "there is no procedure": said.procedure,
            "there is no text that warns of the risk": said.risk_warning_text,
            "the wishes of patients are not logged": said.preference_log,
            "there is no notice of privacy practices": said.notice_of_privacy_practices,
            "it says that HIPAA asks for a consent form, which it does not: it asks to warn and to honour the patient's wish": not said.claims_consent_is_required_by_hipaa,
        },
    )
