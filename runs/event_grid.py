"""The Event Grid topic, where there is one: the only importer of its SDK."""

from collections.abc import Mapping, Sequence
from typing import Any

from scanners.errors import TopicError

MOST = 100  # events in one request; at about 1 KB each far below the 1 MB that the service takes
# No redirect is followed, for the request carries a token; a few tries, then the events wait for the next hour.
OPTIONS: Mapping[str, Any] = {"permit_redirects": False, "retry_total": 3, "connection_timeout": 10, "read_timeout": 30}
LATER = "the events are sent again within the hour"
ROLE = "check that the function app's identity has the role EventGrid Data Sender on the topic"
ADVICE = {401: ROLE, 403: ROLE}
REFUSES = (400, 413)  # what was sent, not who sent it


class Topic:
    """One custom topic with the Event Grid schema."""

    def __init__(self, endpoint: str, credential: Any) -> None:
        """`endpoint` as the topic says it, ending in /api/events; the token that `credential` gets goes there only."""
        self._endpoint, self._credential = endpoint, credential

    def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Send at most MOST events in one request. Raises TopicError."""
        from azure.core.exceptions import AzureError, HttpResponseError
        from azure.eventgrid import EventGridPublisherClient

        client = EventGridPublisherClient(self._endpoint, self._credential)
        try:
            client.send([dict(event) for event in events], **OPTIONS)
        except HttpResponseError as fault:
            if fault.status_code is None:  # azure-identity raises the same class, without an answer
                raise TopicError(f"no token could be had for the Event Grid topic ({type(fault).__name__}); {LATER}") from fault
            advice = ADVICE.get(fault.status_code, LATER)
            raise TopicError(f"the Event Grid topic answered {fault.status_code}; {advice}", refused=fault.status_code in REFUSES) from fault
        except AzureError as fault:
            raise TopicError(f"the Event Grid topic could not be reached ({type(fault).__name__}); {LATER}") from fault
        finally:
            client.close()
