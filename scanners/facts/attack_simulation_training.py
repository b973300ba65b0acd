"""How many people have finished the trainings that simulations assigned to them. Counters only: no person is stored.

Source: https://learn.microsoft.com/graph/api/reportroot-getattacksimulationtrainingusercoverage . The answer names each person with an e-mail address, so
each page is reduced to counters before it is stored. A person stands in one counter: overdue when any training is, else unknown when the state of any is
not one of the known, else completed when all are, else assigned.
"""

from collections.abc import Iterable

from scanners.declare import graph_fact
from scanners.model import Page, Throttle
from scanners.permissions import ATTACK_SIMULATION_READ_ALL, THREAT_INTELLIGENCE
from scanners.reading import Json, Row, read_as

_KNOWN = frozenset({"assigned", "inProgress", "completed", "overdue"})
COUNTERS = ("users", "assigned", "completed", "overdue", "unknownStatus")


class TrainingCoverage(Row):
    """People with at least one training, by state."""

    users: int
    assigned: int
    completed: int
    overdue: int
    unknown_status: int


def reduce(page: Json) -> Json:
    """Counters instead of people. A page without its list, or a person without trainings' list, is not readable."""
    states = [[training.get("trainingStatus") for training in person["userTrainings"]] for person in page["value"]]
    stands = [_stands(trainings) for trainings in states if trainings]
    return {"users": len(stands), **{name: stands.count(name) for name in COUNTERS[1:]}}


def _stands(trainings: list[Json]) -> str:
    if "overdue" in trainings:
        return "overdue"
    if not set(trainings) <= _KNOWN:
        return "unknownStatus"
    return "completed" if set(trainings) == {"completed"} else "assigned"


def read(pages: Iterable[Page]) -> TrainingCoverage:
    """The sum of all pages."""
    totals = dict.fromkeys(COUNTERS, 0)
    for page in pages:
        for name in COUNTERS:
            totals[name] += page.body[name]
    coverage: TrainingCoverage = read_as(TrainingCoverage, totals)
    return coverage


fact = graph_fact(
    TrainingCoverage,
    lambda graph: graph.reports.security.get_attack_simulation_training_user_coverage,
    permissions=(ATTACK_SIMULATION_READ_ALL,),
    plans=(THREAT_INTELLIGENCE,),
    throttle=Throttle.REPORTS,
    reduce=reduce,
    read=read,
    sample={"users": 640, "assigned": 25, "completed": 598, "overdue": 17, "unknownStatus": 0},
)
