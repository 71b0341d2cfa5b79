"""E-mail over SMTP (RFC 5321), one message for all events that wait for an address."""

import hashlib
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Final, NamedTuple

import aiosmtplib

from tickloom.api.delivery.content import paragraph, subject
from tickloom.api.delivery.errors import DeliveryFailed, Undeliverable
from tickloom.settings.environment import Settings
from tickloom.store.alert_deliveries import Delivery

SECONDS: Final = 20.0
_PERMANENT: Final = 500


class MailServer(NamedTuple):
    """Where e-mail is handed in; `tls` is starttls, tls or none."""

    host: str
    port: int
    username: str
    password: str
    tls: str
    sender: str


def mail_server(settings: Settings) -> MailServer | None:
    """Return the server of the settings, None where there is none."""
    if not settings.smtp_host:
        return None
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    sender = settings.smtp_from or f"tickloom@{settings.smtp_host}"
    return MailServer(
        settings.smtp_host, settings.smtp_port, settings.smtp_username, password, settings.smtp_tls, sender
    )


def compose(server: MailServer, events: Sequence[Delivery]) -> EmailMessage:
    """Return the message about events; its id is the same for the same events."""
    digest = hashlib.sha256(",".join(str(event.delivery_id) for event in events).encode()).hexdigest()[:32]
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = events[0].target
    message["Subject"] = subject(events)
    message["Message-ID"] = f"<alerts-{digest}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(paragraph(event) for event in events))
    return message


async def send_mail(server: MailServer | None, events: Sequence[Delivery]) -> None:
    """Hand a message about events to the mail server. Raises DeliveryFailed and Undeliverable."""
    if server is None:
        raise DeliveryFailed("e-mail is not set up: the operator has to set TICKLOOM_SMTP_HOST")
    try:
        await aiosmtplib.send(
            compose(server, events),
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            timeout=SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _refused(error.recipients[0].code) from error
    except aiosmtplib.SMTPAuthenticationError as error:
        raise DeliveryFailed("the mail server did not accept the operator's password") from error
    except aiosmtplib.SMTPResponseException as error:
        raise _refused(error.code) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise DeliveryFailed(f"the mail server could not be reached: {type(error).__name__}") from error
    except ValueError as error:
        raise Undeliverable("the address cannot be used") from error


def _refused(code: int) -> DeliveryFailed:
    kind = Undeliverable if code >= _PERMANENT else DeliveryFailed
    return kind(f"the mail server answered {code}")
