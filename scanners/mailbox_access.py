"""Applications that reach mailboxes as themselves, and whether something limits them to certain mailboxes.

Source: https://learn.microsoft.com/exchange/permissions-exo/application-rbac . An application access policy acts on
Microsoft Graph permissions and on full_access_as_app; a scope acts on the role inside Exchange that carries it. Grants add up: one without a limit
opens all mailboxes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from scanners.applications import Access, Holding, lower
from scanners.errors import Undecided, Unrecognised
from scanners.facts.application_access_policies import ApplicationAccessPolicy
from scanners.facts.exchange_application_roles import ExchangeApplicationRole
from scanners.facts.service_principals import ServicePrincipal
from scanners.permissions import EXCHANGE_ONLINE, GRAPH
from scanners.three_valued import Maybe, attempt, every, some

ON_GRAPH = ("mail.", "mailboxsettings.", "mailboxitem.", "mailboxfolder.", "calendars.", "contacts.")
FULL_ACCESS = "full_access_as_app"
ON_EXCHANGE = frozenset({FULL_ACCESS, "imap.accessasapp", "pop.accessasapp", "ews.accessasapp"})


@dataclass(frozen=True, slots=True)
class MailApplication:
    """One application with what it holds on mailboxes."""

    name: str  # its application id; the object id where the directory does not list it
    held: tuple[Holding, ...]  # only those on mailboxes, and those without a name
    roles: tuple[ExchangeApplicationRole, ...]  # enabled ones inside Exchange
    doubt: Undecided | None = None  # why it is unclear whether the application counts at all

    @property
    def permissions(self) -> tuple[str, ...]:
        """The names of the permissions in Entra ID."""
        return tuple(sorted({held.permission for held in self.held if held.permission}))

    @property
    def unscoped_roles(self) -> tuple[str, ...]:
        """The roles inside Exchange that reach every mailbox."""
        return tuple(sorted(role.role for role in self.roles if attempt(partial(_is_scoped, role)) is False))


def on_mailboxes(held: Holding) -> bool:
    """The permission opens mailboxes, or has no name and may do so."""
    if held.resource not in (GRAPH, EXCHANGE_ONLINE):
        return False
    if held.permission is None:
        return True
    name = held.permission.lower()
    return name.startswith(ON_GRAPH) if held.resource == GRAPH else name in ON_EXCHANGE


def mail_applications(
    applications: Iterable[ServicePrincipal],
    access: Access,
    roles: Iterable[ExchangeApplicationRole],
    governed: Callable[[ServicePrincipal], bool],
) -> Iterator[MailApplication]:
    """Every governed application that holds something on mailboxes, and roles inside Exchange whose application the directory does not list."""
    inside = [role for role in roles if attempt(partial(_acts, role)) is not False]
    listed: set[str] = set()
    for application in applications:
        ids = lower((application.id, application.app_id))
        listed |= ids
        doubt = None
        try:
            if not governed(application):
                continue
        except Undecided as fault:
            doubt = fault
        held = tuple(filter(on_mailboxes, access.application_permissions(application)))
        own = tuple(role for role in inside if role.app.lower() in ids)
        if held or own:
            yield MailApplication(application.app_id, held, own, doubt)
    for role in inside:
        if role.app.lower() not in listed:
            yield MailApplication(role.app, (), (role,))


def _acts(role: ExchangeApplicationRole) -> bool:
    return role.enabled and role.role.startswith("Application ")


def is_limited(application: MailApplication, policies: Iterable[ApplicationAccessPolicy]) -> bool:
    """Whether the application reaches certain mailboxes only. Raises Unrecognised where that hangs on what could not be read."""
    restricted = some(attempt(partial(_restricts, policy, application.name)) for policy in policies)
    permissions = [_is_covered(held.permission, restricted) for held in application.held]
    answer = every((*permissions, *(attempt(partial(_is_scoped, role)) for role in application.roles)))
    if answer is None:
        raise Unrecognised("a permission without a name, a policy or a scope that could not be recognised decides which mailboxes it reaches")
    if not answer and application.doubt is not None:
        raise application.doubt
    return answer


def _is_covered(permission: str | None, restricted: Maybe) -> Maybe:
    if permission is None:
        return None
    return restricted if permission.lower() == FULL_ACCESS or permission.lower() not in ON_EXCHANGE else False


def _is_scoped(role: ExchangeApplicationRole) -> bool:
    return not role.enabled or role.custom_resource_scope is not None or role.recipient_administrative_unit_scope is not None


def _restricts(policy: ApplicationAccessPolicy, app_id: str) -> bool:
    named = lower(each.strip() for each in policy.app_id.split(","))
    return policy.access_right == "RestrictAccess" and policy.is_valid is not False and app_id.lower() in named
