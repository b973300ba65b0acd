from datetime import datetime, timedelta
from functools import partial

from scanners.declare import control, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.attack_simulation_training import TrainingCoverage
from scanners.facts.attack_simulations import AttackSimulation
from scanners.facts.subscribed_skus import SubscribedSku
from scanners.model import Parameter, Verdict, failed, passed
from scanners.permissions import THREAT_INTELLIGENCE
from scanners.plans import require_plan
from scanners.three_valued import Maybe, attempt, some

_PLAN = [{"servicePlans": [{"servicePlanId": THREAT_INTELLIGENCE.id, "servicePlanName": "THREAT_INTELLIGENCE"}]}]
_DONE = {"users": 640, "overdue": 17, "unknownStatus": 0}


@control(
    title="Phishing simulations run and assigned trainings are completed",
    cites=("164.308(a)(5)(i)", "164.308(a)(5)(ii)(A)"),
    severity="medium",
    designation="standard",
    kind="activity",
    fix="Defender portal > Email & collaboration > Attack simulation training",
    plan="Defender for Office 365 Plan 2; without it unknown (not licensed)",
    parameters={
        "simulation_days": Parameter(why="no source fixes it; a quarter keeps the lesson fresh", unit="days", low=1, high=366, looser="higher"),
        "overdue_percent": Parameter(why="no source fixes it; some people are away", unit="percent", low=0, high=50, looser="higher"),
    },
    crosswalk={"nist_800_53": ["AT-1", "AT-2", "AT-3", "AT-4"]},
    seeds=("A4b", "B6", "B21"),
    examples=(
        passes(subscribed_skus=_PLAN, attack_simulations=[{}], attack_simulation_training=_DONE),
        fails(subscribed_skus=_PLAN, attack_simulations=[], attack_simulation_training={"users": 0, "overdue": 0}),
        fails(
            "a simulation that assigned nothing",
            subscribed_skus=_PLAN,
            attack_simulations=[{}],
            attack_simulation_training={"users": 0, "overdue": 0},
        ),
        fails(
            "a simulation of half a year ago",
            subscribed_skus=_PLAN,
            attack_simulations=[{"completionDateTime": "2026-05-09T09:00:00Z"}],
            attack_simulation_training=_DONE,
        ),
        fails(
            "one that is running has not been completed",
            subscribed_skus=_PLAN,
            attack_simulations=[{"status": "running", "completionDateTime": None}],
            attack_simulation_training=_DONE,
        ),
        fails("too many are overdue", subscribed_skus=_PLAN, attack_simulations=[{}], attack_simulation_training={"users": 640, "overdue": 40}),
        stays_unknown(
            "trainings of a state that is not known could decide it",
            subscribed_skus=_PLAN,
            attack_simulations=[{}],
            attack_simulation_training={"users": 640, "overdue": 17, "unknownStatus": 60},
        ),
        passes(
            "and where they could not, they do not",
            subscribed_skus=_PLAN,
            attack_simulations=[{}],
            attack_simulation_training={"users": 640, "overdue": 17, "unknownStatus": 10},
        ),
        stays_unknown(
            "a state of simulations that the service adds later",
            subscribed_skus=_PLAN,
            attack_simulations=[{"status": "paused"}],
            attack_simulation_training=_DONE,
        ),
        stays_unknown("a counter that is not there", subscribed_skus=_PLAN, attack_simulations=[{}], attack_simulation_training={"overdue": ABSENT}),
        stays_unknown("without the plan", attack_simulations=Unreadable("not_licensed"), attack_simulation_training=Unreadable("not_licensed")),
        stays_unknown("the subscriptions say that the plan is absent"),
    ),
)
def phishing_simulations_and_training_happen(
    attack_simulations: tuple[AttackSimulation, ...],
    attack_simulation_training: TrainingCoverage,
    subscribed_skus: tuple[SubscribedSku, ...],
    at: datetime,
    *,
    simulation_days: int = 90,
    overdue_percent: int = 5,
) -> Verdict:
    """It shows that awareness is practised, and not only attended. It proves no HIPAA training: that remains a statement of its own.

    At least one simulation was completed within simulation_days; trainings are assigned to at least one person, and at most overdue_percent of
    the people who have one are overdue.
    """
    require_plan(subscribed_skus, THREAT_INTELLIGENCE)
    since = at - timedelta(days=simulation_days)
    recent = some(attempt(partial(_done, simulation, since)) for simulation in attack_simulations)
    people, overdue = attack_simulation_training.users, attack_simulation_training.overdue
    limit = people * overdue_percent / 100
    kept_up: Maybe = people >= 1 and overdue <= limit
    if kept_up and overdue + attack_simulation_training.unknown_status > limit:
        kept_up = None
    seen = {
        "simulations": len(attack_simulations),
        "people_with_training": people,
        "completed": attack_simulation_training.completed,
        "overdue": overdue,
    }
    if recent is False or kept_up is False:
        lacks = [f"no simulation was completed in the last {simulation_days} days"] if recent is False else []
        trainings = f"{overdue} of {people} people are overdue with their training" if people else "no training is assigned to anybody"
        return failed("; ".join([*lacks, *([trainings] if kept_up is False else [])]), (), **seen)
    if recent is None or kept_up is None:
        raise Unrecognised("simulations or trainings are in a state that this version does not know, and they could decide it")
    return passed(f"a simulation was completed within {simulation_days} days, and {people - overdue} of {people} people are not overdue", (), **seen)


def _done(simulation: AttackSimulation, since: datetime) -> bool:
    completed = simulation.completion_date_time
    return simulation.status == "succeeded" and completed is not None and completed >= since
