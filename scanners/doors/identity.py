"""Who the scanner is: the ways to sign in that azure-identity offers, as data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from scanners.errors import SettingsError

Kind = Literal["managed-identity", "workload-federation", "client-secret", "certificate", "azure-cli", "device-code"]

NEEDS: dict[str, tuple[str, ...]] = {
    "managed-identity": (),
    "workload-federation": ("tenant_id", "client_id"),
    "client-secret": ("tenant_id", "client_id", "secret"),
    "certificate": ("tenant_id", "client_id", "certificate"),
    "azure-cli": (),
    "device-code": ("tenant_id",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How to sign in. `client_id` of a managed identity is the user-assigned one (AZURE_CLIENT_ID); empty means the system's own.

    `certificate` is a path to PEM or PFX with its private key. `token_file` holds the federated assertion (workload-federation); without
    it the managed identity's own token is the assertion, which is how an identity of one tenant reads another.
    Raises SettingsError when a part is missing.
    """

    kind: Kind
    tenant_id: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)
    certificate: str = ""
    certificate_password: str = field(default="", repr=False)
    token_file: str = ""
    managed_client_id: str = ""  # workload-federation without a file: the user-assigned identity that vouches

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise SettingsError(f"{self.kind!r} is no way to sign in; one of {', '.join(get_args(Kind))}.")
        for part in NEEDS[self.kind]:
            if not getattr(self, part):
                raise SettingsError(f"Sign-in by {self.kind} needs {part.replace('_', ' ')}.")


@dataclass(frozen=True, slots=True)
class Authority:
    """Where tokens are made. `ca_file` is the authority that a simulated one's certificate comes from."""

    url: str
    loopback: bool = False
    ca_file: str | None = None


def credential(sign_in: SignIn, authority: Authority, prompt: Callable[[str], None] | None) -> Any:
    """The azure-identity credential for `sign_in`: async, but for device code, which the library has in sync form only."""
    options = _options(authority)
    if sign_in.kind == "managed-identity":
        return _managed_identity(sign_in.client_id)
    if sign_in.kind == "workload-federation":
        return _federated(sign_in, options)
    if sign_in.kind == "client-secret":
        from azure.identity.aio import ClientSecretCredential

        return ClientSecretCredential(sign_in.tenant_id, sign_in.client_id, sign_in.secret, **options)
    if sign_in.kind == "certificate":
        from azure.identity.aio import CertificateCredential

        password = sign_in.certificate_password or None
        return CertificateCredential(sign_in.tenant_id, sign_in.client_id, sign_in.certificate, password=password, **options)
    if sign_in.kind == "azure-cli":
        from azure.identity.aio import AzureCliCredential

        return AzureCliCredential(tenant_id=sign_in.tenant_id)
    return _device_code(sign_in, options, prompt)


def _options(authority: Authority) -> dict[str, Any]:
    options: dict[str, Any] = {"authority": authority.url, "retry_total": 2, "retry_backoff_max": 10}
    if authority.loopback:
        # The library refuses authorities that Microsoft does not know and trusts the platform's certificates only; a simulated
        # authority is exempt from both, and only on this machine.
        options |= {"disable_instance_discovery": True, "connection_verify": authority.ca_file or True, "use_env_settings": False}
    return options


def _managed_identity(client_id: str) -> Any:
    from azure.identity.aio import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id or None)


def _federated(sign_in: SignIn, options: dict[str, Any]) -> Any:
    from azure.identity.aio import ClientAssertionCredential, WorkloadIdentityCredential

    if sign_in.token_file:
        return WorkloadIdentityCredential(tenant_id=sign_in.tenant_id, client_id=sign_in.client_id, token_file_path=sign_in.token_file, **options)
    from azure.identity import ManagedIdentityCredential

    vouching = ManagedIdentityCredential(client_id=sign_in.managed_client_id or None)

    def assertion() -> str:
        return str(vouching.get_token("api://AzureADTokenExchange/.default").token)

    return ClientAssertionCredential(sign_in.tenant_id, sign_in.client_id, assertion, **options)


def _device_code(sign_in: SignIn, options: dict[str, Any], prompt: Callable[[str], None] | None) -> Any:
    from azure.identity import DeviceCodeCredential

    if prompt is None:
        raise SettingsError("Sign-in by device-code needs a terminal to show the code; use another way to sign in.")

    def show(address: str, code: str, _: Any) -> None:
        prompt(f"Open {address} in a browser ({urlsplit(address).hostname}) and enter the code {code}.")

    if sign_in.client_id:
        options = {**options, "client_id": sign_in.client_id}
    return DeviceCodeCredential(tenant_id=sign_in.tenant_id, prompt_callback=show, **options)
