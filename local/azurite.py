"""Starts and stops Azurite, Microsoft's storage emulator (blob, queue, table), for the demo and the tests.

It comes from npm into `.azurite/` (`make setup`) and runs on free loopback ports. It cannot outlive this process: it holds
the reading end of a pipe, and stops itself when the other end closes, however this process ended.
"""

from __future__ import annotations

import datetime as dt
import http.client
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_ROOT = Path(__file__).resolve().parent.parent
_SERVICES = ("blob", "queue", "table")
_ACCOUNT = "devstoreaccount1"
# The emulator's published key, the same on every machine (learn.microsoft.com/azure/storage/common/storage-use-azurite).
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
# SIGTERM makes Azurite write its indexes before it ends; a plain exit would lose the last seconds. It listens once, and a second signal would be
# such an exit, so the guard listens too, as long as it takes.
_GUARD = (
    "process.stdin.resume();"
    "process.stdin.on('end',()=>process.kill(process.pid,'SIGTERM'));"
    "process.on('SIGTERM',()=>{process.stdin.destroy();if(process.listenerCount('SIGTERM')===1&&!globalThis.told)process.exit();globalThis.told=true})"
)
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0


class AzuriteError(Exception):
    """Azurite is not there or does not start; the message says what to do."""


@dataclass(frozen=True)
class Endpoints:
    """Base addresses of the three services, each with the account's name in its path."""

    blob: str
    queue: str
    table: str


class Azurite:
    """One emulator. As a context manager it runs inside the `with` block."""

    def __init__(self, data: Path | None = None, *, tls: bool = False, root: Path = _ROOT) -> None:
        """`data` keeps contents between starts; without it everything is in memory.

        `tls` serves HTTPS with a certificate made for this object and takes tokens (`--oauth basic`), which user-delegation
        SAS needs. `root` is the folder with `.azurite/`.
        """
        self._data, self._tls, self._root = data, tls, root
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def endpoints(self) -> Endpoints:
        """Where it answers. Only valid while it runs."""
        scheme = "https" if self._tls else "http"
        return Endpoints(*(f"{scheme}://127.0.0.1:{self._ports[name]}/{_ACCOUNT}" for name in _SERVICES))

    @property
    def connection_string(self) -> str:
        """For `from_connection_string` of the storage SDKs. Only valid while it runs."""
        return _connection_string(self.endpoints, "https" if self._tls else "http")

    @property
    def certificate(self) -> Path:
        """The certificate to trust (`connection_verify` of the storage SDKs). Only with `tls`, while it runs."""
        if not self._tls or self._scratch is None:
            raise AzuriteError("there is a certificate only while Azurite runs with tls=True")
        return Path(self._scratch.name) / "certificate.pem"

    def start(self) -> None:
        """Start it and wait until all three services answer. Raises AzuriteError."""
        if self._process is not None:
            raise AzuriteError("Azurite is running already")
        node, entry = self._program()
        self._scratch = tempfile.TemporaryDirectory(prefix="azurite-")
        try:
            if self._tls:
                _make_certificate(Path(self._scratch.name))
            self._run(node, entry)
        except BaseException:
            self.stop()
            raise

    def _run(self, node: str, entry: Path) -> None:
        said = ""
        for _ in range(3):  # a free port may be taken by somebody else before Azurite gets to it
            self._launch(node, entry)
            if self._answers(_START_SECONDS):
                return
            said = self._said()
            self._end()
            if "EADDRINUSE" not in said:
                break
        raise AzuriteError(f"Azurite did not start within {_START_SECONDS:.0f} s; it said: {said or 'nothing'}")

    def stop(self) -> None:
        """Stop it and wait for its end. Does nothing when it does not run."""
        self._end()
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def _program(self) -> tuple[str, Path]:
        entry = self._root / ".azurite/node_modules/azurite/dist/src/azurite.js"
        node = shutil.which("node")
        if node is None:
            raise AzuriteError("node is not installed; Azurite needs node 20 or newer")
        if not entry.exists():
            raise AzuriteError("Azurite is not installed; run `make setup` first")
        return node, entry

    def _launch(self, node: str, entry: Path) -> None:
        assert self._scratch is not None
        scratch = Path(self._scratch.name)
        self._ports = _free_ports()
        command = [node, "--import", f"data:text/javascript,{_GUARD}", str(entry)]
        command += ["--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        for name, port in self._ports.items():
            command += [f"--{name}Host", "127.0.0.1", f"--{name}Port", str(port)]
        if self._data is None:
            command.append("--inMemoryPersistence")
        else:
            self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            command += ["--location", str(self._data.resolve())]
        if self._tls:
            command += ["--oauth", "basic", "--cert", str(scratch / "certificate.pem"), "--key", str(scratch / "key.pem")]
        with (scratch / "said").open("wb") as said:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=said, stderr=subprocess.STDOUT, cwd=scratch, env=_environment(), start_new_session=True
            )

    def _answers(self, seconds: float) -> bool:
        assert self._process is not None
        until = time.monotonic() + seconds
        waiting = list(_SERVICES)
        while waiting and time.monotonic() < until and self._process.poll() is None:
            if self._one_answers(waiting[0]):
                waiting.pop(0)
            else:
                time.sleep(0.05)
        return not waiting

    def _one_answers(self, service: str) -> bool:
        port = self._ports[service]
        if self._tls:
            trust = ssl.create_default_context(cafile=str(self.certificate))
            connection: http.client.HTTPConnection = http.client.HTTPSConnection("127.0.0.1", port, timeout=2, context=trust)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", f"/{_ACCOUNT}?comp=list")
            connection.getresponse().read()  # 403 without a signature: it answers
        except (OSError, http.client.HTTPException):
            return False
        else:
            return True
        finally:
            connection.close()

    def _said(self) -> str:
        assert self._scratch is not None
        return (Path(self._scratch.name) / "said").read_text("utf-8", "replace").strip()[-2000:]

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()  # the guard's signal to end
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def development_connection_string() -> str:
    """What `UseDevelopmentStorage=true` stands for: an emulator on its usual ports. The Python SDKs do not know the short form."""
    ports = {"blob": 10000, "queue": 10001, "table": 10002}
    return _connection_string(Endpoints(*(f"http://127.0.0.1:{ports[name]}/{_ACCOUNT}" for name in _SERVICES)), "http")


def _connection_string(at: Endpoints, scheme: str) -> str:
    return (
        f"DefaultEndpointsProtocol={scheme};AccountName={_ACCOUNT};AccountKey={_KEY};"
        f"BlobEndpoint={at.blob};QueueEndpoint={at.queue};TableEndpoint={at.table};"
    )


def _environment() -> dict[str, str]:
    """This process's environment without what would change Azurite's accounts or node's behaviour."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AZURITE_", "NODE_OPTIONS"))}


def _free_ports() -> dict[str, int]:
    held = [socket.socket() for _ in _SERVICES]
    try:
        for item in held:
            item.bind(("127.0.0.1", 0))
        return {name: item.getsockname()[1] for name, item in zip(_SERVICES, held, strict=True)}
    finally:
        for item in held:
            item.close()


def _make_certificate(folder: Path) -> None:
    """A certificate of its own for 127.0.0.1 and localhost, valid for a week: `certificate.pem` and `key.pem` (mode 0600)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "local storage emulator")])
    now = dt.datetime.now(dt.UTC)
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=7))
    made = made.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    (folder / "certificate.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(folder / "key.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
