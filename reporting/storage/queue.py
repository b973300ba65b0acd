"""The queue `scan-events` of the evidence account. The SDK is imported inside functions."""

from typing import TYPE_CHECKING, Any

from reporting.storage.faults import faults

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient

QUEUE = "scan-events"
KEPT_SECONDS = 7 * 24 * 3600


class EventQueue:
    """Where messages are put for Logic Apps and other readers: base64 of UTF-8, as the queue triggers of the platform expect it."""

    def __init__(self, client: "QueueClient") -> None:
        self._client = client

    @classmethod
    def connect(cls, connection: str, **options: Any) -> "EventQueue":
        """From a connection string, as Azurite has one. Raises StorageError when it is malformed."""
        from azure.storage.queue import QueueClient, TextBase64EncodePolicy

        with faults("opening the queue"):
            return cls(QueueClient.from_connection_string(connection, QUEUE, message_encode_policy=TextBase64EncodePolicy(), **options))

    @classmethod
    def at(cls, queue_uri: str, credential: Any, **options: Any) -> "EventQueue":
        """From the address of the queue service and an azure-identity credential."""
        from azure.storage.queue import QueueClient, TextBase64EncodePolicy

        with faults("opening the queue"):
            return cls(QueueClient(queue_uri, QUEUE, credential=credential, message_encode_policy=TextBase64EncodePolicy(), **options))

    def send(self, text: str) -> None:
        """Put one message. A queue that is missing is made first, where that is allowed. Raises StorageError."""
        from azure.core.exceptions import ResourceNotFoundError

        with faults("writing to the queue scan-events"):
            try:
                self._client.send_message(text, time_to_live=KEPT_SECONDS)
            except ResourceNotFoundError:
                self._create()
                self._client.send_message(text, time_to_live=KEPT_SECONDS)

    def _create(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            self._client.create_queue()
        except ResourceExistsError:  # somebody was faster
            return
