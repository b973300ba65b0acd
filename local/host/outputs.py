"""Delivers what functions put on their output bindings: storage queues and Event Grid.

Queue messages are base64, as the extension writes them by default (host.json `messageEncoding`), to the account of the
binding's connection setting. Events go out only to a topic on loopback; anything else is logged as not delivered, so that
a laptop cannot announce a run to a real topic by accident.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any
from urllib.parse import urlsplit

from ..azurite import development_connection_string
from .bindings import messages
from .errors import DeliveryError
from .index import Binding, Function
from .schedule import resolve

_log = logging.getLogger(__name__)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Outputs:
    """The output bindings of one host. Settings are read at delivery, as they may be set after the app was indexed."""

    async def deliver(self, function: Function, outs: dict[str, Any], result: Any) -> None:
        """Deliver what a finished invocation set or returned.

        Raises DeliveryError or SettingError; the invocation then counts as failed, as on the platform.
        """
        values = [(binding, outs[binding.name]) for binding in function.outputs if binding.name in outs]
        returned = function.returned
        if returned is not None and returned.type != "http" and result is not None:
            values.append((returned, result))
        for binding, value in values:
            sent = messages(function, binding, value)
            if binding.type == "queue":
                await asyncio.to_thread(_enqueue, binding, sent)
            else:
                await _publish(binding, sent)


def _enqueue(binding: Binding, sent: list[bytes]) -> None:
    from azure.core.exceptions import AzureError, ResourceExistsError
    from azure.storage.queue import BinaryBase64EncodePolicy, QueueClient

    name = resolve(str(binding.settings["queueName"]), os.environ).lower()
    setting = str(binding.settings.get("connection") or "AzureWebJobsStorage")
    connection = os.environ.get(setting, "")
    if connection.strip("; ").lower() == "usedevelopmentstorage=true":
        connection = development_connection_string()
    if not connection:
        raise DeliveryError(f"queue {name!r}: the setting {setting} must hold a storage connection string, such as Azurite's")
    try:
        with QueueClient.from_connection_string(connection, name, message_encode_policy=BinaryBase64EncodePolicy()) as queue:
            for content in sent:
                try:
                    queue.send_message(content)
                except AzureError as fault:
                    if getattr(fault, "error_code", None) != "QueueNotFound":
                        raise
                    try:  # the binding makes its queue on first use
                        queue.create_queue()
                    except ResourceExistsError:
                        _log.debug("queue %s was made meanwhile", name)
                    queue.send_message(content)
    except (AzureError, ValueError) as fault:  # ValueError: the text is not a connection string
        raise DeliveryError(f"queue {name!r} through {setting}: {type(fault).__name__}") from fault


async def _publish(binding: Binding, sent: list[bytes]) -> None:
    import aiohttp

    url = _topic(binding)
    parts = urlsplit(url)
    if parts.hostname not in _LOOPBACK:
        _log.warning("%s Event Grid event(s) of %r not delivered: the local host delivers to a topic on loopback only", len(sent), binding.name)
        return
    key = os.environ.get(str(binding.settings.get("topicKeySetting", "")), "")
    headers = {"Content-Type": "application/json", **({"aeg-sas-key": key} if key else {})}
    body = b"[" + b",".join(sent) + b"]"
    try:
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            if answer.status >= 300:
                raise DeliveryError(f"the Event Grid topic of {binding.name!r} answered {answer.status}")
    except aiohttp.ClientError as fault:
        raise DeliveryError(f"the Event Grid topic of {binding.name!r} cannot be reached: {type(fault).__name__}") from fault


def _topic(binding: Binding) -> str:
    """The topic's address: a setting named by `topicEndpointUri`, or `<connection>__topicEndpointUri`."""
    named = binding.settings.get("topicEndpointUri")
    setting = str(named) if named else f"{binding.settings.get('connection', '')}__topicEndpointUri"
    return os.environ.get(setting, "")
