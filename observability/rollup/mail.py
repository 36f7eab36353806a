"""Renders a rollup as a mail: the text, the charts inside it, and the sheet as an attachment."""

from collections.abc import Sequence
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import css_inline
import msgspec
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from observability.rollup.compose import document
from observability.rollup.document import Picture
from observability.rollup.plain import plain
from observability.rollup.report import Report
from observability.rollup.sheet import file_name, sheet

# The media queries for the dark and for telephones stay in a style element; everything else is
# written onto the elements, for Outlook and many webmails know nothing else. Nothing is ever fetched.
_INLINER = css_inline.CSSInliner(
    keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
)


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A rollup, ready to be sent to anybody who may see it."""

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...]
    sheet_name: str
    sheet: bytes


def render(report: Report, pictures: Sequence[Picture], *, path: str) -> Mail:
    """The mail of a report with its charts; `path`: the rollup's page in the admin."""
    page = document(report, pictures, path=path)
    html = render_to_string("observability/rollup.html", {"page": page})
    return Mail(
        subject=page.subject,
        text=plain(page),
        html=_INLINER.inline(html),
        pictures=tuple(pictures),
        sheet_name=file_name(report),
        sheet=sheet(report),
    )


def message(mail: Mail, to: str) -> EmailMultiAlternatives:
    """The mail to one address, not yet sent."""
    one = _WithPictures(subject=mail.subject, body=mail.text, to=[to])
    one.pictures = mail.pictures
    # https://www.rfc-editor.org/rfc/rfc3834: no holiday reply comes back.
    one.extra_headers["Auto-Submitted"] = "auto-generated"
    one.attach_alternative(mail.html, "text/html")
    # As base64, or line ends and the byte order mark would be at the mercy of those that pass it on.
    attached = MIMEText(mail.sheet.decode(), "csv", "utf-8")
    attached.add_header("Content-Disposition", "attachment", filename=mail.sheet_name)
    one.attach(attached)
    return one


class _WithPictures(EmailMultiAlternatives):
    """mixed(alternative(text, related(html, pictures)), sheet).

    The pictures belong to the HTML alone, so they stand beside it in its own part: where they are
    attached to the whole message, mail clients list them as files as well.
    """

    pictures: tuple[Picture, ...] = ()

    def message(self, **how: Any) -> Any:
        """Make Django's message, and put the HTML and its pictures together."""
        made: Any = super().message(**how)
        if not self.pictures:
            return made
        [parts] = [part for part in made.walk() if part.get_content_subtype() == "alternative"]
        text, html = parts.get_payload()
        related = MIMEMultipart("related", type="text/html")
        related.attach(html)
        for picture in self.pictures:
            related.attach(_inside(picture))
        parts.set_payload([text, related])
        return made


def _inside(picture: Picture) -> MIMEImage:
    part = MIMEImage(picture.png, "png", name=f"{picture.name}.png")
    part.add_header("Content-ID", f"<{picture.name}@chatcore>")
    part.add_header("Content-Disposition", "inline", filename=f"{picture.name}.png")
    return part
