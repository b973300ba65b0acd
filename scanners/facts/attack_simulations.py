"""Phishing simulations that were run, without who made them or what they were called.

Source: https://learn.microsoft.com/graph/api/attacksimulationroot-list-simulations . They show that awareness is practised; they never prove HIPAA training.
"""

from typing import Literal

from scanners.declare import graph_fact
from scanners.model import Throttle
from scanners.permissions import ATTACK_SIMULATION_READ_ALL, THREAT_INTELLIGENCE
from scanners.reading import Row, Timestamp, absent_is_null

Status = Literal["unknown", "draft", "running", "scheduled", "succeeded", "failed", "cancelled", "excluded"]


class AttackSimulation(Row):
    """One simulation."""

    id: str
    status: Status
    launch_date_time: Timestamp | None = absent_is_null()
    completion_date_time: Timestamp | None = absent_is_null()
    attack_technique: str
    payload_delivery_platform: Literal["unknown", "sms", "email", "teams"]


fact = graph_fact(
    tuple[AttackSimulation, ...],
    lambda graph: graph.security.attack_simulation.simulations,
    select=("id", "status", "launchDateTime", "completionDateTime", "attackTechnique", "payloadDeliveryPlatform"),
    query={"$top": "50"},
    permissions=(ATTACK_SIMULATION_READ_ALL,),
    plans=(THREAT_INTELLIGENCE,),
    throttle=Throttle.SECURITY,
    sample=[
        {
            "id": "f1b13829-3829-4b12-9829-f1b12938b1f1",
            "status": "succeeded",
            "launchDateTime": "2026-10-02T09:00:00Z",
            "completionDateTime": "2026-10-09T09:00:00Z",
            "attackTechnique": "credentialHarvesting",
            "payloadDeliveryPlatform": "email",
        }
    ],
)
