"""Which domains mail is asked about in the public DNS."""

from collections.abc import Iterable

from scanners.facts.accepted_domains import AcceptedDomain

AHEAD = 1000  # questions: those about domains whose servers are silent do not hold up the others; the door opens few at the same time


def mail_domains(accepted: Iterable[AcceptedDomain]) -> tuple[str, ...]:
    """The accepted domains whose DNS the tenant keeps itself, in lower case: not those of Microsoft (.onmicrosoft.com and its like)."""
    names = {each.domain_name.lower().rstrip(".") for each in accepted}
    return tuple(sorted(name for name in names if ".onmicrosoft." not in f".{name}."))


def parents(domain: str) -> tuple[str, ...]:
    """The domains above one, nearest first, down to two labels: where a DMARC record that holds for it may stand (RFC 7489, 6.6.3)."""
    labels = domain.split(".")
    return tuple(".".join(labels[at:]) for at in range(1, len(labels) - 1))
