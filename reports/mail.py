"""The weekly mail: an `Issue` as a multipart message, its files, the outbox, and sending each message at most once."""

from __future__ import annotations

import hashlib
import json
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from crawlers.layout import World, whole_file
from reports.catalogue import catalogue
from reports.issue import Issue, Language, ReportError
from reports.sentences import subject
from reports.templates import environment
from reports.weekly import compose_issue, one_line

SENDER: Final = "Shanyraq <shanyraq@localhost>"
_ALMATY: Final = ZoneInfo("Asia/Almaty")
# An ISO week ends on Sunday; its issue bears the date of the Monday after, when an office opens.
_MORNING: Final = time(9, 0)
# RFC 5322 §2.1.1 asks for lines of 78 characters or fewer; folding does that, this bounds a header as a whole.
_LONGEST_HEADER: Final = 300


def header_text(text: str) -> str:
    """`text` fit for a mail header: one line of printable characters that no parser takes for an encoded word.

    Python 3.11.7 does not quote newlines that an encoded word hides when it refolds a header (CVE-2024-6923), so
    every control, separator, format and surrogate character becomes a space and `=?` is broken up beforehand.
    """
    line = one_line(text)
    while "=?" in line:
        line = line.replace("=?", "= ?")
    return line[:_LONGEST_HEADER].rstrip()


def mail_text(issue: Issue, language: Language) -> str:
    """The plain text part."""
    return environment("mail", html=False).get_template("text.jinja").render(issue=issue, words=catalogue(language))


def mail_html(issue: Issue, language: Language) -> str:
    """The HTML part: 600 pixels, tables and inline style, nothing loaded from elsewhere."""
    words = catalogue(language)
    page = environment("mail", html=True).get_template("html.jinja")
    return page.render(issue=issue, words=words, subject=subject(issue, words)).lstrip()


def compose_mail(issue: Issue, language: Language, *, sender: str = SENDER) -> EmailMessage:
    """The message without recipients. Date, Message-ID and boundary follow from the issue: same issue, same bytes."""
    text, html = mail_text(issue, language), mail_html(issue, language)
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = header_text(subject(issue, catalogue(language)))
    message["From"] = sender
    message["Date"] = format_datetime(datetime.combine(issue.last_day + timedelta(days=1), _MORNING, _ALMATY))
    message["Message-ID"] = f"<{issue.week}.{language}.{header_text(issue.world)}@shanyraq.invalid>"
    message.set_content(text, cte="base64")
    message.add_alternative(html, subtype="html", cte="base64")
    message["Content-Language"] = language
    message.set_boundary("=_shanyraq_" + hashlib.sha256((text + html).encode()).hexdigest()[:32])
    return message


def write_issue(world: World, week: str, languages: Sequence[Language] = ("ru",)) -> tuple[Path, ...]:
    """Write `issues/<week>/`: issue.json and, by language, mail.<language>.txt, .html and .eml; return the paths."""
    issue = compose_issue(world.warehouse, week)
    folder = world.issue(week)
    contents: dict[str, bytes] = {"issue.json": issue.to_json().encode()}
    for language in languages:
        contents[f"mail.{language}.txt"] = mail_text(issue, language).encode()
        contents[f"mail.{language}.html"] = mail_html(issue, language).encode()
        contents[f"mail.{language}.eml"] = compose_mail(issue, language).as_bytes()
    for name, content in contents.items():
        _write(folder / name, content)
    return tuple(folder / name for name in contents)


def put_in_outbox(world: World, week: str, language: Language = "ru") -> Path:
    """Copy the week's message to `outbox/<week>.eml`. Raises `ReportError` if the issue was not written before."""
    source = world.issue(week) / f"mail.{language}.eml"
    if not source.is_file():
        raise ReportError(f"There is no mail at {source}: write the issue of {week} in {language!r} first.")
    target = world.outbox / f"{week}.eml"
    _write(target, source.read_bytes())
    return target


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message waiting in the outbox, as Airflow's SMTP provider wants it."""

    path: Path
    message_id: str
    subject: str
    text: str
    html: str


def outbox_messages(world: World) -> tuple[OutboxMessage, ...]:
    """All messages of the outbox, oldest week first."""
    return tuple(_opened(path) for path in sorted(world.outbox.glob("*.eml")))


def _opened(path: Path) -> OutboxMessage:
    message = _parsed(path)
    parts = {part.get_content_subtype(): part.get_content() for part in message.iter_parts()}
    return OutboxMessage(path, str(message["Message-ID"]), str(message["Subject"]), parts["plain"], parts["html"])


def _parsed(path: Path) -> EmailMessage:
    from email import message_from_bytes  # noqa: PLC0415 - the name would shadow the package in this module

    message = message_from_bytes(path.read_bytes(), policy=policy.SMTP)
    if not isinstance(message, EmailMessage):
        raise ReportError(f"{path} is no mail: write the issue again.")
    return message


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where and to whom mail goes. `security` is starttls, tls or none (none only towards this machine)."""

    host: str
    port: int
    recipients: tuple[str, ...]
    sender: str = SENDER
    security: str = "starttls"
    user: str | None = None
    password: str | None = None
    timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.security not in ("starttls", "tls", "none"):
            raise ReportError(f"SMTP security is {self.security!r}; it may be starttls, tls or none.")
        for address in self.recipients:
            if header_text(address) != address or "@" not in address:
                raise ReportError(f"{address!r} is no mail address: correct the list of recipients.")


@dataclass(frozen=True, slots=True)
class SendReport:
    """Counts of (message, recipient) pairs. `uncertain`: the connection broke after the text was handed over, so the
    message may have arrived; it is not sent again without a person. `problems` are sentences for the log."""

    sent: int
    already_sent: int
    failed: int
    uncertain: int
    problems: tuple[str, ...]


def send_outbox(
    world: World, settings: SmtpSettings, *, connect: Callable[[SmtpSettings], smtplib.SMTP] | None = None
) -> SendReport:
    """Send every message of the outbox to every recipient, each pair at most once; a failure leaves the rest.

    Beside `<week>.eml` stands `<week>.state.json`: recipient (hashed) → sending, sent or failed. `sending` is written
    before the first byte goes out, so that a kill leaves it behind and no second copy is sent.
    """
    counts = dict.fromkeys(("sent", "already_sent", "failed", "uncertain"), 0)
    problems: list[str] = []
    for path in sorted(world.outbox.glob("*.eml")):
        state_path = path.with_suffix(".state.json")
        state: dict[str, str] = json.loads(state_path.read_text()) if state_path.is_file() else {}
        for number, recipient in enumerate(settings.recipients, 1):
            key = hashlib.sha256(recipient.encode()).hexdigest()[:16]
            known = state.get(key)
            if known in ("sent", "sending"):
                counts["already_sent" if known == "sent" else "uncertain"] += 1
                continue
            word, problem = _deliver(path, recipient, settings, connect or _connect, _Marker(state_path, state, key))
            counts[word] += 1
            if problem:
                problems.append(f"{path.name}, recipient {number}: {problem}")
    return SendReport(**counts, problems=tuple(problems))


@dataclass(frozen=True, slots=True)
class _Marker:
    """Writes one recipient's state."""

    path: Path
    state: dict[str, str]
    key: str

    def set(self, word: str) -> None:
        self.state[self.key] = word
        _write(self.path, (json.dumps(self.state, indent=1, sort_keys=True) + "\n").encode())


def _deliver(
    path: Path, recipient: str, settings: SmtpSettings, connect: Callable[[SmtpSettings], smtplib.SMTP], marker: _Marker
) -> tuple[str, str | None]:
    message = _parsed(path)
    message["To"] = recipient
    if settings.sender != SENDER:
        message.replace_header("From", settings.sender)
    try:
        server = connect(settings)
    except (OSError, smtplib.SMTPException) as error:
        marker.set("failed")
        return "failed", f"{settings.host}:{settings.port} does not take mail ({error}); run the sending again later."
    try:
        marker.set("sending")
        server.send_message(message)
    except smtplib.SMTPServerDisconnected as error:
        return "uncertain", f"the connection broke while sending ({error}); ask the recipient before sending again."
    except smtplib.SMTPException as error:
        marker.set("failed")
        return "failed", f"the server refused the message ({error}); correct the address or run again later."
    except OSError as error:
        return "uncertain", f"the connection broke while sending ({error}); ask the recipient before sending again."
    else:
        marker.set("sent")
        return "sent", None
    finally:
        _quit(server)


def _quit(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=settings.timeout_seconds, context=context
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)
        if settings.security == "starttls":
            server.starttls(context=context)
    if settings.user is not None:
        server.login(settings.user, settings.password or "")
    return server


def _write(path: Path, content: bytes) -> None:
    with whole_file(path, "wb") as handle:
        handle.write(content)
