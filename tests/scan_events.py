"""The queue scan-events as a reader of it sees it."""

import base64
import json
from typing import Any

from reporting.storage.queue import EventQueue


def taken(queue: EventQueue) -> list[dict[str, Any]]:
    """What is on the queue, taken off it, in order."""
    found = []
    for message in queue._client.receive_messages(messages_per_page=32):
        found.append(json.loads(base64.b64decode(message.content)))
        queue._client.delete_message(message)
    return found
