"""The mail that tells a person of an API token that somebody else made in their name."""

import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from chatcore.models import ApiToken, User

logger = logging.getLogger(__name__)
BODY = """\
Hello {name},

{maker} made an API token that acts on your behalf at {organisation}, on {site}.
It is called "{token}", ends in {last_four}, and {end}.

Whoever has it can read your conversations and write in your name. If you do not know of this,
ask the people who run the site to revoke it.
"""


def tell_owner(token: ApiToken, *, made_by: User) -> bool:
    """Mail the person on whose behalf a token acts; False where no mail server took it."""
    if not token.user.email:
        return False
    end = (
        f"expires {token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at else "does not expire"
    )
    mail = EmailMessage(
        subject="[Chatcore] An API token was made in your name",
        body=BODY.format(
            name=token.user.get_full_name(),
            maker=made_by.get_username(),
            organisation=token.organisation,
            site=settings.SITE_URL,
            token=token.name,
            last_four=token.last_four,
            end=end,
        ),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[token.user.email],
    )
    try:
        mail.send()
    except (OSError, smtplib.SMTPException):
        logger.exception("The owner of API token %s could not be told of it", token.pk)
        return False
    return True
