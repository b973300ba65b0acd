from scanners.administrators import accounts_by_id
from scanners.declare import control, does_not_apply, fails, passes, stays_unknown
from scanners.errors import Unrecognised
from scanners.examples import ABSENT, Unreadable
from scanners.facts.mailbox_safeguards import Mailbox
from scanners.facts.referenced_group_members import ReferencedGroups
from scanners.facts.role_assignments import RoleAssignment
from scanners.facts.role_definitions import RoleDefinition
from scanners.facts.users import Users
from scanners.model import Verdict, not_applicable
from scanners.people import is_meeting_room
from scanners.roles import active_holdings
from scanners.three_valued import sort

SHARED_KINDS = frozenset({"SharedMailbox", "RoomMailbox", "EquipmentMailbox", "SchedulingMailbox", "LinkedRoomMailbox"})
OTHER_KINDS = frozenset(
    {"UserMailbox", "LinkedMailbox", "LegacyMailbox", "TeamMailbox", "DiscoveryMailbox", "GroupMailbox", "PublicFolderMailbox", "MonitoringMailbox"}
)
S1, S2 = "aaaaaaaa-0000-4000-8000-000000000051", "aaaaaaaa-0000-4000-8000-000000000052"
SHARED, ROOM = (
    {"ExternalDirectoryObjectId": S1, "RecipientTypeDetails": "SharedMailbox"},
    {"ExternalDirectoryObjectId": S2, "RecipientTypeDetails": "RoomMailbox"},
)
BLOCKED, OPEN = {"id": S1, "accountEnabled": False}, {"id": S1, "accountEnabled": True}
ROOM_DEVICE = {"id": S2, "assignedLicenses": [{"skuId": "6af4b3d6-14bb-4a2a-960c-6c902aad34f3"}]}


@control(
    title="Shared, room and equipment mailboxes cannot be signed in to",
    cites=("164.312(a)(2)(i)", "164.312(d)"),
    severity="medium",
    designation="required",
    fix="Microsoft 365 admin center > Users > Active users > the account > Block sign-in",
    plan="any with Exchange Online",
    crosswalk={
        "cis_m365_v7": "1.2.2",
        "prowler": "exchange_shared_mailbox_sign_in_disabled",
        "maester": "CIS.M365.1.2.2",
        "nist_800_53": ["IA-4", "AC-2"],
    },
    seeds=("A3b-1",),
    proposed_rule="164.312(a)(2)(i)",
    examples=(
        passes(mailbox_safeguards=[SHARED], users=[BLOCKED]),
        passes("a synchronised account that is blocked on premises", mailbox_safeguards=[SHARED], users=[{**BLOCKED, "onPremisesSyncEnabled": True}]),
        passes("a meeting room with a device signs in, and is judged elsewhere", mailbox_safeguards=[SHARED, ROOM], users=[BLOCKED, ROOM_DEVICE]),
        passes(
            "a mailbox without an account",
            mailbox_safeguards=[SHARED, {"ExternalDirectoryObjectId": "", "RecipientTypeDetails": "SharedMailbox"}],
            users=[BLOCKED],
        ),
        fails(mailbox_safeguards=[SHARED], users=[OPEN]),
        fails("a room without a device licence", mailbox_safeguards=[ROOM], users=[{"id": S2}]),
        fails("a shared mailbox with a room licence", mailbox_safeguards=[SHARED], users=[{**ROOM_DEVICE, "id": S1}]),
        does_not_apply("people's mailboxes only", mailbox_safeguards=[{}], users=[{}]),
        does_not_apply("no mailboxes", mailbox_safeguards=Unreadable("not_licensed")),
        stays_unknown(
            "the mailbox of a user who is not there",
            mailbox_safeguards=[{"ExternalDirectoryObjectId": "s9", "RecipientTypeDetails": "SharedMailbox"}],
            users=[BLOCKED],
        ),
        stays_unknown("not stated is not blocked", mailbox_safeguards=[SHARED], users=[{"id": S1, "accountEnabled": ABSENT}]),
        stays_unknown("a mailbox that does not say its kind", mailbox_safeguards=[SHARED, {"RecipientTypeDetails": ABSENT}], users=[BLOCKED]),
        stays_unknown(
            "a kind that this version does not know", mailbox_safeguards=[SHARED, {"RecipientTypeDetails": "CommonMailbox"}], users=[BLOCKED]
        ),
        stays_unknown(mailbox_safeguards=Unreadable("not_permitted")),
    ),
)
def shared_mailboxes_cannot_sign_in(
    mailbox_safeguards: tuple[Mailbox, ...],
    users: Users,
    role_assignments: tuple[RoleAssignment, ...],
    role_definitions: tuple[RoleDefinition, ...],
    referenced_group_members: ReferencedGroups,
) -> Verdict:
    """A sign-in that several people share cannot be traced to one person.

    The account of every shared, room, equipment and scheduling mailbox is disabled. Room accounts that hold a device licence and nothing else are left to their own control.
    """
    holders = frozenset(h.principal.lower() for h in active_holdings(role_assignments, role_definitions, referenced_group_members).known)
    accounts = accounts_by_id(users)
    personal = sort(mailbox_safeguards, lambda box: box.recipient_type_details in OTHER_KINDS)

    def is_blocked(box: Mailbox) -> bool:
        kind, owner = box.recipient_type_details, box.external_directory_object_id.lower()
        if kind not in SHARED_KINDS | OTHER_KINDS:
            raise Unrecognised("a mailbox is of a kind that this version does not know")
        if kind in OTHER_KINDS or not owner:
            return True
        if owner not in accounts:
            raise Unrecognised("the account of a shared mailbox is not among the users that were read")
        account = accounts[owner]
        return not account.account_enabled or (kind == "RoomMailbox" and is_meeting_room(account, holders))

    none = not_applicable("there is no shared, room or equipment mailbox", looked_at=len(mailbox_safeguards))
    return sort((*personal.bad, *personal.unclear), is_blocked).every(
        good="shared mailboxes cannot be signed in to",
        bad="shared mailboxes can be signed in to",
        empty=none,
        name=lambda box: box.external_directory_object_id,
    )
