"""Directory roles: which are privileged, and who holds them (definitions: privileged_roles, role_holders)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scanners.errors import NotPermitted, Undecided, Unrecognised
from scanners.facts.pim_eligible_assignments import EligibleAssignment
from scanners.facts.pim_group_assignments import GroupSchedules
from scanners.facts.referenced_group_members import ReferencedGroup, ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.permissions import MEMBER_READ_HIDDEN
from scanners.quoting import token

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
DIRECTORY_SYNCHRONIZATION_ACCOUNTS = "d29b2b05-8046-44ba-8758-1e26182fcf32"
WHOLE_TENANT = "/"
USER, GROUP = "#microsoft.graph.user", "#microsoft.graph.group"

HIGHEST: Mapping[str, str] = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
}
OTHERS: Mapping[str, str] = {
    "c4e39bd9-1100-46d3-8c65-fb160da0071f": "Authentication Administrator",
    "0526716b-113d-4c15-b2c8-68e3c22b9f80": "Authentication Policy Administrator",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9": "Conditional Access Administrator",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": "SharePoint Administrator",
    "69091246-20e8-4a56-aa4d-066075b2a7a8": "Teams Administrator",
    "3a2c62db-5318-420d-8d74-23affee5d9d5": "Intune Administrator",
    "17315797-102d-40b4-93e0-432062caca18": "Compliance Administrator",
    "e6d1a23a-da11-4be4-9570-befc86d067a7": "Compliance Data Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2": "Hybrid Identity Administrator",
    "8329153b-31d0-4727-b945-745eb3bc5f31": "Domain Name Administrator",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8": "Helpdesk Administrator",
    "966707d0-3269-4727-9be2-8c3a10f19b9d": "Password Administrator",
    "b0f54661-2d74-4c50-afa3-1ec803f12efe": "Billing Administrator",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c": "Groups Administrator",
    "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e": "Identity Governance Administrator",
    "be2f45a1-457d-42af-a067-6ec1fa63bc45": "External Identity Provider Administrator",
    "7698a772-787b-4ac8-901f-60d6b08affd2": "Cloud Device Administrator",
    "59d46f88-662b-457b-bceb-5c3809e5908f": "Lifecycle Workflows Administrator",
    "31392ffb-586c-42d1-9346-e59415a2cc4e": "Exchange Recipient Administrator",
    "9360feb5-f418-4baa-8175-e2a00bac4301": "Directory Writers",
    "4ba39ca4-527c-499a-b93d-d9b492c50246": "Partner Tier1 Support",
    "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8": "Partner Tier2 Support",
}
PRIVILEGED: Mapping[str, str] = {**HIGHEST, **OTHERS}


def no_roles() -> Unrecognised:
    """The doubt of a control whose parameter names no role to judge."""
    return Unrecognised("the list of roles to judge is empty", "Name at least one role in the parameter `roles` of this control.")


@dataclass(frozen=True, slots=True)
class Holding:
    """One principal holding one role: directly or through a group, over the whole tenant or a part of it."""

    role: str  # template id, lower case
    principal: str
    scope: str
    through: str | None = None  # the group's id
    is_user: bool | None = None  # None: the directory no longer says what the principal was, so it was deleted
    eligible: bool = False  # may turn the role on; it is off now


@dataclass(frozen=True, slots=True)
class Holdings:
    """All holdings that could be read, and what could not."""

    known: tuple[Holding, ...]
    doubts: tuple[Undecided, ...]

    def of(self, roles: Iterable[str], *, tenant_wide: bool = False) -> "Holdings":
        """The holdings of these roles; the doubts stay, because a doubtful assignment may be of any role."""
        wanted = frozenset(roles)
        kept = tuple(h for h in self.known if h.role in wanted and (h.scope == WHOLE_TENANT or not tenant_wide))
        return Holdings(kept, self.doubts)

    @property
    def people(self) -> frozenset[str]:
        """Ids of the users among the holders; service principals are never counted as people."""
        return frozenset(h.principal for h in self.known if h.is_user)

    def refuse_doubts(self) -> None:
        """Stop the judgement where an assignment or a group's membership could not be read."""
        if self.doubts:
            raise self.doubts[0]


@dataclass(frozen=True, slots=True)
class Templates:
    """Role definition id -> template id, and what could not be read of the definitions."""

    known: Mapping[str, str]
    doubts: tuple[Undecided, ...]

    def of(self, role_definition_id: str) -> str:
        """The template id, in lower case. A role without definition stands for itself; raises Unrecognised when an unreadable one may be its own."""
        role = role_definition_id.lower()
        if role in self.known:
            return self.known[role]
        if role not in PRIVILEGED and self.doubts:
            raise self.doubts[0]
        return role


def template_ids(definitions: Iterable[RoleDefinition]) -> Templates:
    """The template of each role; a custom role, and a privileged role under its own id, stand for themselves."""
    mapped: dict[str, str] = {}
    doubts: list[Undecided] = []
    for role in definitions:
        try:
            id_ = role.id.lower()
            mapped[id_] = id_ if id_ in PRIVILEGED else (role.template_id or id_).lower()
        except Undecided as doubt:
            doubts.append(doubt)
    return Templates(mapped, tuple(doubts))


def privileged(extra_role_ids: Iterable[str] = ()) -> frozenset[str]:
    """Template ids of the privileged roles, with the custom roles that the operator names."""
    return frozenset(PRIVILEGED) | frozenset(role.lower() for role in extra_role_ids)


def active_holdings(assignments: Iterable[RoleAssignment], definitions: Iterable[RoleDefinition], groups: ReferencedGroups) -> Holdings:
    """Who holds what now, groups replaced by their users through every nesting."""
    return _expanded(assignments, template_ids(definitions), groups, eligible=False)


def all_holdings(
    assignments: Iterable[RoleAssignment],
    eligible: Iterable[EligibleAssignment],
    schedules: GroupSchedules,
    definitions: Iterable[RoleDefinition],
    groups: ReferencedGroups,
) -> Holdings:
    """Who holds what now or may turn it on: alone, as a member of a group, or by being allowed to join or own a group that holds a role."""
    assignments, eligible, templates = tuple(assignments), tuple(eligible), template_ids(definitions)
    now = _expanded(assignments, templates, groups, eligible=False)
    later = _expanded(eligible, templates, groups, eligible=True)
    joining = _who_may_join((*assignments, *eligible), schedules, templates)
    parts = (now, later, joining)
    return Holdings(tuple(h for part in parts for h in part.known), tuple(d for part in parts for d in part.doubts))


def _expanded(
    assignments: Iterable[RoleAssignment | EligibleAssignment], templates: Templates, groups: ReferencedGroups, *, eligible: bool
) -> Holdings:
    by_id = {group.id.lower(): group for group in groups.groups}
    known: list[Holding] = []
    doubts: list[Undecided] = []
    for assignment in assignments:
        try:
            role, who, scope = templates.of(assignment.role_definition_id), assignment.principal_id, assignment.directory_scope_id
            kind = assignment.principal.odata_type if assignment.principal is not None else None
            if who.lower() in by_id or kind == GROUP:
                known.extend(Holding(role, member, scope, who, True, eligible) for member in members_of(by_id, who))
            else:
                known.append(Holding(role, who, scope, None, None if kind is None else kind == USER, eligible))
        except Undecided as doubt:
            doubts.append(doubt)
    return Holdings(tuple(known), tuple(doubts))


def _who_may_join(assignments: Iterable[RoleAssignment | EligibleAssignment], schedules: GroupSchedules, templates: Templates) -> Holdings:
    roles: dict[str, list[tuple[str, str]]] = {}
    doubts: list[Undecided] = []
    for assignment in assignments:
        try:
            roles.setdefault(assignment.principal_id.lower(), []).append((templates.of(assignment.role_definition_id), assignment.directory_scope_id))
        except Undecided:
            continue  # told by _expanded
    known: list[Holding] = []
    for row in schedules.eligible:
        try:
            held = roles.get(row.group_id.lower(), [])
            known.extend(Holding(role, row.principal_id, scope, row.group_id, True, eligible=True) for role, scope in held)
        except Undecided as doubt:
            doubts.append(doubt)
    return Holdings(tuple(known), tuple(doubts))


def members_of(by_id: Mapping[str, ReferencedGroup], group_id: str) -> tuple[str, ...]:
    """The users of a referenced group; none when it does not exist; raises NotPermitted when they are hidden."""
    group = by_id.get(group_id.lower())
    if group is None:
        raise Unrecognised(f"the members of group {token(group_id)} were not read")
    if not group.exists:
        return ()
    if not group.readable:
        raise hidden(group_id)
    return group.member_ids


def hidden(group_id: str) -> NotPermitted:
    """Why a group's members cannot be told: it hides them, and the scanner was not granted to see them all the same."""
    return NotPermitted(
        f"the members of group {token(group_id)} are hidden from the scanner",
        f"Grant the scanner's identity the application permission {MEMBER_READ_HIDDEN.name} (app role {MEMBER_READ_HIDDEN.id} of Microsoft Graph) "
        "with administrator consent, or make the group's membership visible.",
    )
