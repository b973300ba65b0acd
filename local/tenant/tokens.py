"""Sign-in: the endpoints that the real azure-identity calls, and the tokens they hand out.

Client credentials (secret, certificate, federated assertion), OpenID discovery, and managed identity in its App Service and IMDS shapes.
A resource's scope decides the audience and the application roles of the token. Error codes are those of Microsoft Entra.
"""

from __future__ import annotations

import base64
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from local.tenant.answers import Answer
from local.tenant.jwt import BadTokenError, Signer, parts, verify

GRAPH, EXCHANGE, SHAREPOINT = "Microsoft Graph", "Office 365 Exchange Online", "Office 365 SharePoint Online"
TEAMS, PURVIEW, EXCHANGE_FEDERATION = "Teams administration", "Purview", "Federation"
RESOURCES = {
    "https://graph.microsoft.com": GRAPH,
    "00000003-0000-0000-c000-000000000000": GRAPH,
    "https://outlook.office365.com": EXCHANGE,
    "00000002-0000-0ff1-ce00-000000000000": EXCHANGE,
    "https://ps.compliance.protection.outlook.com": PURVIEW,
    "48ac35b8-9aa8-4d74-927d-1f4a14a0b239": TEAMS,
    "00000003-0000-0ff1-ce00-000000000000": SHAREPOINT,
    "api://AzureADTokenExchange": EXCHANGE_FEDERATION,
}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class SignInRefusedError(Exception):
    """An answer with an AADSTS code."""

    def __init__(self, status: int, error: str, code: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.code, self.text = status, error, code, text


class SignIn:
    """The token endpoints of one tenant. `identity` is the scanner's own principal: client_id, object_id, secret, granted roles, directory roles."""

    def __init__(self, tenant_id: str, identity: Mapping[str, Any], expires_in: int = 3599) -> None:
        self.tenant_id, self.identity, self.expires_in = tenant_id, identity, expires_in
        self.signer = Signer()
        self.identity_header = secrets.token_hex(16)
        self.certificates: dict[str, rsa.RSAPublicKey] = {}

    def trust(self, pem: bytes) -> None:
        """Registers a certificate (PEM) as a credential of the scanner's application."""
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise TypeError("an application's certificate has an RSA key")
        for algorithm in (hashes.SHA1(), hashes.SHA256()):  # noqa: S303 - x5t is a SHA-1 thumbprint by its standard
            self.certificates[base64.urlsafe_b64encode(certificate.fingerprint(algorithm)).decode().rstrip("=")] = key

    def resource(self, name: str) -> tuple[str, str]:
        """Audience and resource name for a scope or resource URI; raises AADSTS500011 for what the tenant does not know."""
        plain = name.removesuffix("/.default").rstrip("/")
        if plain in RESOURCES:
            return plain, RESOURCES[plain]
        if plain.endswith(".sharepoint.com"):
            return plain, SHAREPOINT
        text = f"The resource principal named {plain} was not found in the tenant named {self.tenant_id}."
        raise SignInRefusedError(400, "invalid_resource", 500011, text)

    def issue(self, resource: str, issuer: str, lifetime: int | None = None) -> tuple[str, int]:
        """A signed access token for `resource` and its lifetime in seconds."""
        audience, name = self.resource(resource)
        seconds, now = lifetime if lifetime is not None else self.expires_in, int(time.time())
        claims = {
            "aud": audience, "iss": issuer, "iat": now, "nbf": now - 60, "exp": now + seconds, "appid": self.identity["client_id"],
            "appidacr": "1", "app_displayname": "HIPAA scanner", "idtyp": "app", "oid": self.identity["object_id"],
            "sub": self.identity["object_id"], "tid": self.tenant_id, "ver": "1.0", "uti": secrets.token_urlsafe(16),
            "roles": sorted(self.identity["granted"].get(name, [])), "wids": list(self.identity["directory_roles"]),
        }  # fmt: skip
        return self.signer.sign(claims), seconds

    def token(self, tenant: str, body: bytes, issuer: str) -> Answer:
        """POST /{tenant}/oauth2/v2.0/token."""
        form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
        try:
            self._check_client(tenant, form, issuer)
            text, seconds = self.issue(form.get("scope", ""), f"https://sts.windows.net/{self.tenant_id}/")
        except SignInRefusedError as refused:
            return self._refusal(refused)
        payload = {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": text}
        return Answer(200, payload, {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})

    def _check_client(self, tenant: str, form: Mapping[str, str], issuer: str) -> None:
        if tenant.lower() not in {self.tenant_id, *self.identity.get("domains", ())}:
            text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
            raise SignInRefusedError(400, "invalid_request", 90002, text)
        if form.get("grant_type") != "client_credentials":
            raise SignInRefusedError(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        if form.get("client_id") != self.identity["client_id"]:
            text = f"Application with identifier '{form.get('client_id')}' was not found in the directory."
            raise SignInRefusedError(400, "unauthorized_client", 700016, text)
        if "client_assertion" in form:
            self._check_assertion(form, issuer)
        elif not secrets.compare_digest(form.get("client_secret", ""), str(self.identity["secret"])):
            text = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID."
            raise SignInRefusedError(401, "invalid_client", 7000215, text)

    def _check_assertion(self, form: Mapping[str, str], issuer: str) -> None:
        refused = SignInRefusedError(
            401, "invalid_client", 700027, "The certificate with identifier used to sign the client assertion is not registered on application."
        )
        try:
            header, claims = parts(form["client_assertion"])
            key = self.certificates.get(header.get("x5t", "").rstrip("=")) or self.certificates.get(header.get("x5t#S256", "").rstrip("="))
            if key is not None:
                verify(form["client_assertion"], key)
                wanted = {f"{issuer}/{self.tenant_id}/oauth2/v2.0/token", f"{issuer}/{self.tenant_id}/v2.0"}
                matches = claims.get("iss") == claims.get("sub") == form["client_id"] and claims.get("aud") in wanted
            else:
                matches = self.signer.read(form["client_assertion"]).get("aud") == "api://AzureADTokenExchange"
        except BadTokenError as error:
            raise refused from error
        if not matches or form.get("client_assertion_type") != ASSERTION_TYPE:
            raise refused

    def _refusal(self, refused: SignInRefusedError) -> Answer:
        trace, stamp = str(uuid.uuid4()), time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
        text = f"AADSTS{refused.code}: {refused.text} Trace ID: {trace} Correlation ID: {trace} Timestamp: {stamp}"
        payload = {
            "error": refused.error, "error_description": text, "error_codes": [refused.code], "timestamp": stamp, "trace_id": trace,
            "correlation_id": trace, "error_uri": f"https://login.microsoftonline.com/error?code={refused.code}",
        }  # fmt: skip
        return Answer(refused.status, payload)

    def metadata(self, base: str) -> Answer:
        """OpenID configuration, as azure-identity asks for before the first token."""
        root = f"{base}/{self.tenant_id}"
        return Answer(200, {
            "token_endpoint": f"{root}/oauth2/v2.0/token", "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode", "jwks_uri": f"{root}/discovery/v2.0/keys",
            "issuer": f"{root}/v2.0", "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code", "token"], "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"], "tenant_region_scope": "NA", "cloud_instance_name": "microsoftonline.com",
        })  # fmt: skip

    def instance(self, base: str) -> Answer:
        """Instance discovery for an authority that is asked about itself."""
        return Answer(
            200, {"tenant_discovery_endpoint": f"{base}/{self.tenant_id}/v2.0/.well-known/openid-configuration", "api-version": "1.1", "metadata": []}
        )

    def managed_identity(self, query: Mapping[str, str], headers: Mapping[str, str], shape: str) -> Answer:
        """GET of a token by the platform's own identity; `shape` is app_service or imds. Lifetime is a day, as on the platform."""
        if shape == "app_service" and not secrets.compare_digest(headers.get("X-IDENTITY-HEADER", ""), self.identity_header):
            return Answer(401, {"statusCode": 401, "message": "Unauthorized"})
        if shape == "imds" and headers.get("Metadata", "").lower() != "true":
            return Answer(400, {"error": "invalid_request", "error_description": "Required metadata header not specified"})
        if query.get("client_id", self.identity["client_id"]) != self.identity["client_id"]:
            text = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
            return Answer(400, {"statusCode": 400, "message": text, "error": "invalid_request", "error_description": "Identity not found"})
        try:
            text, seconds = self.issue(query.get("resource", ""), f"https://sts.windows.net/{self.tenant_id}/", max(self.expires_in, 86399))
        except SignInRefusedError as refused:
            return Answer(500, {"statusCode": 500, "message": f"An unexpected error occurred: AADSTS{refused.code}: {refused.text}"})
        expires = str(int(time.time()) + seconds)
        payload = {
            "access_token": text,
            "expires_on": expires,
            "resource": query["resource"],
            "token_type": "Bearer",
            "client_id": self.identity["client_id"],
        }
        return Answer(200, payload | ({"expires_in": str(seconds)} if shape == "imds" else {}))
