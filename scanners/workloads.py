"""Which service plans carry content that may be ePHI: mailboxes, files, chats. Told by plan, never by product name."""

from scanners.facts.subscribed_skus import SubscribedSku

TEAMS = "57ff2da0-773e-42df-b2af-ffb7a2317929"  # TEAMS1
MAILBOX_PLANS = frozenset(
    {
        "efb87545-963c-4e0d-99df-69c6916d9eb0",  # EXCHANGE_S_ENTERPRISE
        "9aaf7827-d63c-4b61-89c3-182f06f82e5c",  # EXCHANGE_S_STANDARD
        "4a82b400-a79f-41a4-b4e2-e94f5787b113",  # EXCHANGE_S_DESKLESS
    }
)
# These come with nearly every product, free ones included, and hold no mailbox and no file.
_EMPTY = frozenset({"EXCHANGE_S_FOUNDATION", "SHAREPOINTWAC", "SHAREPOINTWAC_EDU"})


def carries_content(sku: SubscribedSku) -> bool:
    """The product holds mailboxes (EXCHANGE_S_*), files (SHAREPOINT*) or chats (TEAMS1)."""
    names = (plan.service_plan_name.upper() for plan in sku.service_plans)
    return any(n == "TEAMS1" or (n.startswith(("EXCHANGE_S_", "SHAREPOINT")) and n not in _EMPTY) for n in names)
