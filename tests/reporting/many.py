"""Results by the hundred, with what a large tenant shows, for size and layout."""

import random

from scanners.hipaa import citations
from scanners.result import Result
from tests.reporting import sample

WITNESS = (
    "user 7f3a11 signing in to Exchange Online with a legacy client needs no second factor, because 'MFA for all' excludes the group 'Contractors'"
)


def three_hundred(number: int = 300) -> list[Result]:
    chance = random.Random(number)
    cited = [each.citation for each in citations()]
    outcomes = ["pass", "fail", "unknown", "attestation_due", "not_applicable", "accepted", "error"]
    results = []
    for n in range(number):
        name = f"setting_{n:03d}_is_as_it_should_be"
        topic = chance.choice(["access", "sharing", "audit", "devices", "teams", "retention"])
        severity = chance.choice(["critical", "high", "high", "medium", "medium", "low"])
        known = sample.control((name, topic, tuple(chance.sample(cited, 2)), severity, "addressable"))
        outcome = chance.choices(outcomes, [55, 20, 8, 7, 5, 3, 2])[0] if n >= len(outcomes) else outcomes[n]
        amiss = outcome == "fail"
        values = {
            "control": known.id,
            "topic": known.topic,
            "title": known.title,
            "citations": known.cites,
            "severity": known.severity,
            "designation": known.designation,
            "kind": known.kind,
            "because": "Guest invitations are open to everybody in the organisation, guests included.",
            "remedy": "Entra admin center > External Identities > External collaboration settings > Guest invite settings",
            "observed": {
                "allowInvitesFrom": "everyone",
                "policies": [{"id": "0" * 36, "name": "MFA for all", "state": "enabled"}] * 12,
                "gaps": [{"witness": WITNESS}] * 3,
            }
            if amiss
            else {"looked_at": 4123},
            "affected": tuple(f"7f3a{i:04x}-0000-4000-8000-{n:012x}" for i in range(50 if amiss else 0)),
            "truncated": 4000 if amiss else 0,
        }
        results.append(sample.result("audit_log_is_on", outcome, **values))
    return results
