"""The sender of e-mail: Django's mail, with its faults sorted into sent, not sent and unknown."""

import smtplib

from django.core.mail import EmailMessage, get_connection

from crm.outbound import MaybeSent, Message, NotSent

# Answers of the mail server that come before it has taken the message.
REFUSALS = (
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPNotSupportedError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPDataError,
)


def send_mail(message: Message) -> None:
    """Hand over one e-mail. Raises NotSent or MaybeSent."""
    mail = EmailMessage(
        subject=" ".join(message.subject.split()),
        body=message.body,
        to=[message.to],
        headers={"Message-ID": f"<{message.key}@lanewise>"},
    )
    for name, content, kind in message.attachments:
        mail.attach(name, content, kind)
    connection = get_connection()
    try:
        connection.open()
    except OSError as error:
        raise NotSent(f"{type(error).__name__} at the mail server") from error
    try:
        connection.send_messages([mail])
    except REFUSALS as error:
        raise NotSent(f"{type(error).__name__} at the mail server") from error
    except OSError as error:
        raise MaybeSent(f"{type(error).__name__} while sending") from error
    finally:
        _close(connection)


def _close(connection: object) -> None:
    """The message is the server's by now; a fault in saying goodbye changes nothing."""
    try:
        connection.close()  # type: ignore[attr-defined]
    except OSError:
        return
