"""What the Logic App reaches, for tests: the queue and the table of a real Azurite with HTTPS and tokens, and a Teams and a mailbox that keep what comes."""

import base64
import json
import re
import ssl
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlencode
from urllib.request import Request, urlopen

from azure.core.credentials import AccessToken

from local.azurite import Azurite
from reporting.storage import Storage
from reporting.storage.queue import EventQueue
from tests.infra import workflow
from tests.reporting import sample

ACCOUNT = "devstoreaccount1"
URL = "https://func-hipaa.example"
MESSAGES = re.compile(rf"/v2/storageAccounts/{ACCOUNT}/queues/scan-events/(message_trigger|messages/(.+))")


class Token:
    """A token for storage as the emulator takes it: with everything but a signature."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        now, some = int(time.time()), "00000000-0000-0000-0000-000000000001"
        claims: dict[str, Any] = {"aud": "https://storage.azure.com/", "iss": f"https://sts.windows.net/{some}/", "oid": some, "tid": some}
        claims |= {"iat": now, "nbf": now - 60, "exp": now + 600, **({"aud": scopes[0]} if scopes and scopes[0].endswith("/") else {})}
        parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none", "typ": "JWT"}, claims))
        return AccessToken(".".join([*parts, "x"]), now + 600)


class Cloud:
    """The evidence account, the Logic App's connections, and the Logic App itself in one of its two forms."""

    def __init__(self, azurite: Azurite, tell: str = "teams") -> None:
        self.at, self._trust = azurite.endpoints, ssl.create_default_context(cafile=str(azurite.certificate))
        verify = str(azurite.certificate)
        self.storage = Storage.at(self.at.blob, self.at.table, Token(), sample.TENANT.id, connection_verify=verify)
        self.queue = EventQueue.at(self.at.queue, Token(), connection_verify=verify)
        self.flow, self.posted, self.down, self.requests = workflow.definition(tell), [], False, []  # type: ignore[var-annotated]
        self.parameters = {"account": ACCOUNT, "tableAddress": f"{self.at.table}/", "functionAppUrl": URL}
        self.parameters |= {"teamId": "team-1", "channelId": "19:c@thread.tacv2"} if tell == "teams" else {"mailTo": "it@riverbend.example"}
        self._ask("DELETE", f"{self.at.queue}/scan-events/messages")

    def _ask(self, method: str, url: str, headers: dict[str, str] | None = None, data: bytes | None = None) -> bytes:
        more = {"Authorization": f"Bearer {Token().get_token().token}", "x-ms-version": "2020-12-06", **(headers or {})}
        try:
            with urlopen(Request(url, data, method=method, headers=more), context=self._trust, timeout=20) as answer:
                return bytes(answer.read())
        except HTTPError as refusal:
            with refusal:
                if refusal.code == 404 and url.endswith("/scan-events/messages") and method == "DELETE":
                    return b""
                raise workflow.RefusedError(str(refusal.code)) from None

    def http(self, inputs: dict[str, Any]) -> Any:
        """The HTTP action, signed in as the workflow's identity."""
        assert inputs["method"] == "GET"
        assert inputs["authentication"]["type"] == "ManagedServiceIdentity"
        self.requests.append(inputs["uri"])
        token = Token().get_token(inputs["authentication"]["audience"]).token
        address = quote(inputs["uri"], safe=":/?&=$%(),'-_.~")
        return json.loads(self._ask("GET", address, {**inputs["headers"], "Authorization": f"Bearer {token}"}))

    def connector(self, connection: str, inputs: dict[str, Any]) -> Any:
        """The actions of the three connectors."""
        if connection == "azurequeues":
            found = MESSAGES.fullmatch(unquote(inputs["path"]))
            assert found, inputs["path"]
            assert inputs["method"] == "delete"
            self._ask("DELETE", f"{self.at.queue}/scan-events/messages/{found[2]}?{urlencode(inputs['queries'])}")
            return None
        if self.down:
            raise workflow.RefusedError("the connection is not authorised")
        self.posted.append({"connection": connection, "method": inputs["method"], "path": inputs["path"], "body": inputs["body"]})
        return {}

    def put(self, event: dict[str, Any] | str) -> None:
        """A message as the app puts it."""
        self.queue.send(event if isinstance(event, str) else json.dumps(event, ensure_ascii=False))

    def put_raw(self, text: str) -> None:
        """A message as somebody else may put it: not base64."""
        body = ET.Element("QueueMessage")
        ET.SubElement(body, "MessageText").text = text
        self._ask("POST", f"{self.at.queue}/scan-events/messages", {"content-type": "application/xml"}, ET.tostring(body))

    def taken(self, visible_again: int = 1) -> Iterator[dict[str, str]]:
        """What the trigger hands out, split: the messages that are visible, as the service writes them."""
        url = f"{self.at.queue}/scan-events/messages?numofmessages=32&visibilitytimeout={visible_again}"
        for message in ET.fromstring(self._ask("GET", url)).iter("QueueMessage"):
            yield {part.tag: part.text or "" for part in message}

    def run(self) -> list[workflow.Execution]:
        """One look of the trigger: a run for each message."""
        return [workflow.Execution(self.flow, self.parameters, message, self) for message in self.taken()]

    def waiting(self) -> int:
        """How many messages the queue holds, visible or not."""
        headers = {"Authorization": f"Bearer {Token().get_token().token}", "x-ms-version": "2020-12-06"}
        with urlopen(Request(f"{self.at.queue}/scan-events?comp=metadata", headers=headers), context=self._trust, timeout=20) as answer:
            return int(answer.headers["x-ms-approximate-messages-count"])
