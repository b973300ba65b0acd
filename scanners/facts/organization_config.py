"""The organisation-wide settings of Exchange Online: modern authentication, auditing, lockbox, idle sign-out, mail tips, direct send, Bookings.

Source: https://learn.microsoft.com/powershell/module/exchangepowershell/get-organizationconfig . Must be asked of the Exchange host: the compliance
host answers the same cmdlet with other values. RejectDirectSend is not in tenant configuration snapshots, nor on services that do not have it yet.
"""

from scanners.cmdlets import exchange_fact
from scanners.reading import Row, named, pascal


class OrganizationConfig(Row, spelling=pascal):
    """The one configuration object. Intervals are texts of the form hh:mm:ss."""

    oauth2_client_profile_enabled: bool = named("OAuth2ClientProfileEnabled")  # modern authentication
    customer_lockbox_enabled: bool
    reject_direct_send: bool
    audit_disabled: bool
    activity_based_authentication_timeout_enabled: bool
    activity_based_authentication_timeout_interval: str
    activity_based_authentication_timeout_with_single_sign_on_enabled: bool
    mail_tips_all_tips_enabled: bool
    mail_tips_external_recipients_tips_enabled: bool
    mail_tips_group_metrics_enabled: bool
    mail_tips_large_audience_threshold: int
    default_authentication_policy: str | None
    bookings_enabled: bool


fact = exchange_fact(
    OrganizationConfig,
    "Get-OrganizationConfig",
    snapshot="microsoft.exchange.organizationconfig",
    sample={
        "OAuth2ClientProfileEnabled": True,
        "CustomerLockboxEnabled": True,
        "RejectDirectSend": True,
        "AuditDisabled": False,
        "ActivityBasedAuthenticationTimeoutEnabled": True,
        "ActivityBasedAuthenticationTimeoutInterval": "00:15:00",
        "ActivityBasedAuthenticationTimeoutWithSingleSignOnEnabled": True,
        "MailTipsAllTipsEnabled": True,
        "MailTipsExternalRecipientsTipsEnabled": True,
        "MailTipsGroupMetricsEnabled": True,
        "MailTipsLargeAudienceThreshold": 25,
        "DefaultAuthenticationPolicy": None,
        "BookingsEnabled": False,
    },
)
