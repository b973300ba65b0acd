"""What an administrator can do about an answer that was refused: sentences that name the permission, role or plan."""

from scanners.model import Door, Fact
from scanners.permissions import ENTRA, EXCHANGE_ONLINE, GRAPH, SHAREPOINT_ONLINE, Permission

RESOURCE_NAMES = {GRAPH: "Microsoft Graph", EXCHANGE_ONLINE: "Office 365 Exchange Online", SHAREPOINT_ONLINE: "Office 365 SharePoint Online"}

SYSTEMS = {
    Door.GRAPH: "Microsoft Graph",
    Door.EXCHANGE: "the Exchange administration",
    Door.PURVIEW: "the Purview administration",
    Door.TEAMS: "the Teams administration",
    Door.SHAREPOINT: "the SharePoint administration",
    Door.DNS: "the public DNS",
    Door.STATEMENT: "the statements",
    Door.RECORDS: "the records",
}


def grant(fact: Fact) -> str:
    """How to grant what `fact` needs, every permission and role by name and id."""
    applications = [p for p in fact.permissions if p.resource != ENTRA]
    roles = [p for p in fact.permissions if p.resource == ENTRA]
    steps = []
    if applications:
        names = ", ".join(f"{p.name} (app role {p.id} of {RESOURCE_NAMES.get(p.resource, p.resource)})" for p in applications)
        steps.append(f"Grant the scanner's identity the application permission {names} with administrator consent.")
    if roles:
        names = " or ".join(f"{p.name} ({p.id})" for p in roles)
        steps.append(f"Assign it the directory role {names} (Entra admin center > Roles & admins).")
    if not steps:
        return "Check in Entra that the scanner's identity is allowed to sign in to this service."
    steps.append("GET /api/v1/readiness shows the command. A managed identity's token may need up to a day to carry a new permission.")
    return " ".join(steps)


def names(permissions: tuple[Permission, ...]) -> str:
    """The permissions as a list of names, for the sentence that says what was missing."""
    return ", ".join(p.name for p in permissions) or "no permission is declared"


def sign_in(fact: Fact) -> str:
    """What to do when the service does not accept the scanner's token although it was renewed."""
    return (
        "Check that the scanner's identity still exists, is enabled and belongs to this tenant, and that no policy for workload identities "
        f"blocks its sign-in. {grant(fact)}"
    )


def plans(fact: Fact) -> str:
    """Which plan would make the fact readable."""
    if not fact.plans:
        return "The service says that the tenant has no licence for this, though none is known to be needed; ask the vendor which plan contains it."
    choices = " or ".join(f"{p.title} (service plan {p.name})" for p in fact.plans)
    return f"Add a subscription that contains {choices}, or cover the safeguard in another way and document it as an exception."


def by_hand(fact: Fact) -> str:
    """What to do when the interface is not there."""
    return f"Not offered by {SYSTEMS[fact.door]} here (another cloud, or the service has changed): check the setting by hand and keep a record of it."


NETWORK = "Let the scanner reach the service directly: a proxy, firewall or sign-in page answered in the service's place."
LATER = "Nothing needs to change in the tenant; the next run asks again. If it stays so, look at the vendor's service health page."
REPORT = "Run the scan again; when it stays so, report the fact's id and this text to the maintainers of the scanner."
