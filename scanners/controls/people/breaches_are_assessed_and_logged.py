from datetime import date, datetime, timedelta

from scanners.attesting import YEAR, conclude, day_of, unattested, within
from scanners.declare import control, fails, passes
from scanners.facts.statements_continuity import BreachLog, BreachLogDetails
from scanners.model import Verdict

ANNUAL_LOG_DUE = timedelta(days=60)  # after the calendar year in which the breaches were discovered: 164.408(c)


@control(
    title="Every incident was assessed for breach and notices were on time",
    cites=("164.402", "164.404", "164.406", "164.408", "164.410", "164.412", "164.414"),
    severity="high",
    designation="standard",
    kind="attestation",
    fix="Complete the register, assess each incident by the four factors, submit the annual log (ocrportal.hhs.gov); then record it: python -m local statements add (type breach_log)",
    seeds=("B16", "A3c-1"),
    examples=(
        passes(),
        fails(details={"four_factor_assessments": 4}),
        fails("a notice that was late", details={"notices_late": 1}),
        fails("nobody has looked at the register for a year", details={"reviewed_on": "2025-10-01"}),
        passes(
            "a first breach in the current year, with no annual log yet, is not late",
            details={"annual_log_submitted_for_year": None, "breaches_previous_calendar_year": 0},
        ),
        fails("breaches of last year whose log was never sent", details={"annual_log_submitted_for_year": 2024}),
        fails("never sent at all", details={"annual_log_submitted_for_year": None}),
        passes("nothing to send", details={"breaches_in_period": 0, "annual_log_submitted_for_year": None, "breaches_previous_calendar_year": 0}),
        *unattested("statement_breach_log", document=False, missing="notices_late"),
    ),
)
def breaches_are_assessed_and_logged(statement_breach_log: BreachLog, at: datetime) -> Verdict:
    """An incident is a breach unless somebody shows that it is not, and the burden of proof lies with the organization.

    Every incident was assessed by the four factors, no notice was late, the register was reviewed within 365 days, and for each year with
    breaches below 500 people the annual log was sent by 60 days after the year.
    """
    said = statement_breach_log.details
    late = _years_without_log(said, day_of(at))
    return conclude(
        statement_breach_log,
        at,
        "every incident was assessed for breach, and notices were on time",
        {
            f"{said.four_factor_assessments} of {said.incidents_assessed} incidents were assessed by the four factors": said.four_factor_assessments
            >= said.incidents_assessed,
            f"{said.notices_late} notices were late": said.notices_late == 0,
            f"the register was last reviewed on {said.reviewed_on}": within(said.reviewed_on, at, YEAR),
            f"the annual log of {' and '.join(map(str, late))} was not sent in time": not late,
        },
        incidents=said.incidents_assessed,
        breaches=said.breaches_in_period,
    )


def _years_without_log(said: BreachLogDetails, today: date) -> list[int]:
    """Years whose log is overdue. The register counts the year before its review; of the year of its review it knows the breaches so far."""
    reviewed = said.reviewed_on.year
    owed = [(reviewed - 1, said.breaches_previous_calendar_year), (reviewed, said.breaches_in_period)]
    sent = said.annual_log_submitted_for_year
    return [year for year, breaches in owed if breaches and today > date(year, 12, 31) + ANNUAL_LOG_DUE and (sent is None or sent < year)]
