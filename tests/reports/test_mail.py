"""The mail: compared whole with a golden file, parsed again, attacked, and sent at most once."""

from __future__ import annotations

import dataclasses
import email
import html.parser
import json
import re
import smtplib
import socket
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.layout import World
from reports.issue import LANGUAGES, Headline, Issue, Language, ReportError
from reports.mail import (
    SmtpSettings,
    compose_mail,
    header_text,
    mail_html,
    mail_text,
    outbox_messages,
    put_in_outbox,
    send_outbox,
    write_issue,
)
from reports.weekly import compose_issue, compose_issues, one_line

WEEK = "2026-W22"
GOLDEN = Path(__file__).with_name("golden")
HEADERS = ["Subject", "From", "Date", "Message-ID", "Content-Language", "MIME-Version", "Content-Type"]
ATTACKS = [
    "x\r\nBcc: eve@example.org", "x\nBcc: eve@example.org", "x\rBcc: eve@example.org", "x\r\n\r\n<html>body", "x\x85Bcc: e@e.e",
    "x\u2028Bcc: e@e.e", "x\u2029Bcc: e@e.e", "x\x0bBcc: e@e.e", "x\x0cBcc: e@e.e", "x\x1cBcc: e@e.e", "x\x1dB: c", "x\x1eB: c", "x\x00y",
    "=?utf-8?q?x=0D=0ABcc:_eve@example.org?=", "=?utf-8?q?=0ABcc:_eve@example.org?=", "=?utf-8?b?eApCY2M6IGV2ZUBleGFtcGxlLm9yZw==?=",
    "=?utf-8?Q?a?= =?utf-8?Q?=0d=0aBcc:b?=", "==?utf-8?q?=0ABcc:x?=?utf-8?q?=0ABcc:x?=", "=?us-ascii?q?=0A?=", "=?=?=?", "=?utf-8?q?_?=" * 40,
    "\ud800Bcc", "\u202eabc", "\u200bBcc: x", "\ufeffx", "a" * 5000, "я" * 5000, "слово " * 400, '"quoted" <a@b.c>, d@e.f', "To: x@y.z", "\t\tBcc: x",
    "💥" * 200, "Ж" + "\u0301" * 300, "%0d%0aBcc: x", "\\r\\nBcc: x", "x\n\n.\r\nQUIT\r\n", ".", "\x1b[31mred", "\x7f", " ", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def issue(warehouse: Path) -> Issue:
    return compose_issue(warehouse, WEEK)


@pytest.fixture
def world(warehouse: Path, tmp_path: Path) -> World:
    made = World(tmp_path, "sample")
    made.folder.mkdir()
    made.warehouse.write_bytes(warehouse.read_bytes())
    return made


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_mail_is_the_golden_one(issue: Issue, language: Language) -> None:
    """After a change you want: look at the new text, then copy it over the golden file."""
    assert mail_text(issue, language) == (GOLDEN / f"mail.{language}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_mail_parses_back_to_the_same(issue: Issue, language: Language) -> None:
    content = compose_mail(issue, language).as_bytes()
    message = parsed(content)
    assert sorted(message.keys()) == sorted(HEADERS)
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and rich is not None
    assert plain.get_content().replace("\r\n", "\n") == mail_text(issue, language)
    assert rich.get_content().replace("\r\n", "\n") == mail_html(issue, language)
    assert message["Date"] == "Mon, 01 Jun 2026 09:00:00 +0500"
    assert "\n" not in str(message["Subject"])
    assert content == compose_mail(issue, language).as_bytes()
    assert len(content) < 100_000
    assert max(len(line) for line in content.splitlines()) <= 998


def test_subject_has_level_region_source_and_the_sample_mark(issue: Issue) -> None:
    assert str(compose_mail(issue, "ru")["Subject"]) == (
        "[Образец, вымышлено] Жамбылская область: столкновения, угрозы, протесты, новости – тревога и ещё 2 сигнала. Неделя 22, 25–31 мая 2026 года"
    )


def judged(issue: Issue, number: int) -> Issue:
    """The issue with its first `number` regions judged and the rest with too little data."""
    regions = tuple(
        dataclasses.replace(region, status="ok" if place < number else "insufficient")
        for place, region in enumerate(issue.regions)
    )
    return dataclasses.replace(issue, regions=regions)


@pytest.mark.parametrize(
    ("language", "whole", "calm", "unjudged"),
    [
        (
            "ru",
            "Сигналов нет; судить можно о {} из 20 регионов",
            "На этой неделе сигналов нет",
            "мы ничего не утверждаем",
        ),
        ("kk", "Белгі жоқ; 20 өңірдің ішінде {} өңірге", "Бұл аптада белгі жоқ", "пікір айтпаймыз"),
        ("en", "No signals; {} of 20 regions could be judged", "No signals this week", "we say nothing"),
    ],
)
def test_quiet_week_reads_as_calm_only_where_all_was_judged(
    warehouse: Path, language: Language, whole: str, calm: str, unjudged: str
) -> None:
    quiet = compose_issue(warehouse, "2026-W10")
    for number in range(21):
        issue = judged(quiet, number)
        text, subject = mail_text(issue, language), str(compose_mail(issue, language)["Subject"])
        partial = whole.format(number)
        assert (partial in text, partial in subject) == (number < 20, number < 20)
        assert (calm in text, unjudged in text) == (number == 20, number < 20)
        assert "== Напряжение ==" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_of_a_subject_begin_with_a_capital_after_one_space(warehouse: Path, language: Language) -> None:
    for issue in compose_issues(warehouse):
        subject = str(parsed(compose_mail(issue, language).as_bytes())["Subject"])
        assert "  " not in subject
        assert all(start == start.upper() for start in re.findall(r"[.\]] (.)", subject)), subject


def test_watches_that_can_never_alert_are_counted_apart(issue: Issue) -> None:
    (watch,) = issue.watches
    both = dataclasses.replace(issue, watches=(watch, dataclasses.replace(watch, indicator="attention", capped=True)))
    only = dataclasses.replace(both, watches=both.watches[1:])
    assert "below the level of an alert: 1" in mail_text(both, "en")
    assert "never raise an alert: 1" in mail_text(both, "en")
    assert "below the level" not in mail_text(only, "en")


class Reader(html.parser.HTMLParser):
    """Elements and attributes that a mail must not have, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.bad: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.bad += [
            (name, value)
            for name, value in attrs
            if name.startswith("on")
            or name in ("src", "background")
            or (name == "href" and not re.match(r"https?://", value or ""))
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_mail_loads_nothing_and_runs_nothing(issue: Issue) -> None:
    reader = Reader()
    reader.feed(mail_html(issue, "ru"))
    assert reader.bad == []
    assert not {"script", "img", "link", "iframe", "form", "object"} & set(reader.tags)


def with_title(issue: Issue, title: str) -> Issue:
    """The issue with `title` wherever outside text can stand, cleaned as `compose_issue` does."""
    clean = one_line(title)
    first = issue.tension[0]
    names = dataclasses.replace(first.region, ru=clean, kk=clean, en=clean)
    headlines = (Headline(clean, clean, None, issue.first_day), *first.headlines)
    return dataclasses.replace(
        issue, tension=(dataclasses.replace(first, region=names, headlines=headlines), *issue.tension[1:])
    )


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_header_attacks_add_no_header(issue: Issue, attack: str) -> None:
    message = parsed(compose_mail(with_title(issue, attack), "ru").as_bytes())
    assert sorted(message.keys()) == sorted(HEADERS)
    assert "Bcc" not in message
    assert message.get_content_type() == "multipart/alternative"


def test_markup_in_titles_stays_text_in_the_mail(issue: Issue) -> None:
    payload = '<script>x</script><img src=x onerror=x></title><iframe srcdoc=x>"><svg onload=x>'
    reader = Reader()
    reader.feed(mail_html(with_title(issue, payload), "ru"))
    assert reader.bad == []
    assert not {"script", "img", "iframe", "svg"} & set(reader.tags)
    assert payload in reader.text


@settings(max_examples=60, deadline=None)
@given(title=st.text(max_size=80))
def test_any_title_survives_the_way_through_the_mail(issue: Issue, title: str) -> None:
    attacked = with_title(issue, title)
    message = parsed(compose_mail(attacked, "ru").as_bytes())
    assert sorted(message.keys()) == sorted(HEADERS)
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and rich is not None
    assert one_line(title) in plain.get_content()
    reader = Reader()
    reader.feed(rich.get_content())
    assert reader.bad == []
    assert one_line(title) in reader.text


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("=?utf-8qb_\r\n\x85\u2028 0AD:Bc"), max_size=60))
def test_header_text_leaves_no_encoded_word_and_no_line(text: str) -> None:
    clean = header_text(text)
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = clean
    again = parsed(message.as_bytes() + b"\r\n")
    assert list(again.keys()) == ["Subject"]
    assert "=?" not in clean
    assert " ".join(str(again["Subject"]).split()) == clean


def test_files_of_an_issue_and_outbox(world: World) -> None:
    paths = write_issue(world, WEEK, LANGUAGES)
    assert [path.name for path in paths] == [
        "issue.json",
        *(f"mail.{language}.{kind}" for language in LANGUAGES for kind in ("txt", "html", "eml")),
    ]
    before = {path.name: path.read_bytes() for path in paths}
    write_issue(world, WEEK, LANGUAGES)
    assert {path.name: path.read_bytes() for path in paths} == before
    assert put_in_outbox(world, WEEK, "kk").read_bytes() == before["mail.kk.eml"]
    (waiting,) = outbox_messages(world)
    assert waiting.message_id == "<2026-W22.kk.sample@shanyraq.invalid>"
    assert waiting.text.replace("\r\n", "\n") == before["mail.kk.txt"].decode()
    with pytest.raises(ReportError, match="write the issue of 2026-W21"):
        put_in_outbox(world, "2026-W21")


class Server:
    """A stand-in for `smtplib.SMTP`: `fate` by recipient is None, or an error to raise."""

    def __init__(self, fate: dict[str, Exception]) -> None:
        self.fate = fate
        self.taken: list[tuple[str, str]] = []

    def __call__(self, settings: SmtpSettings) -> Any:
        if "connect" in self.fate:
            raise self.fate["connect"]
        return self

    def send_message(self, message: EmailMessage) -> None:
        recipient = str(message["To"])
        if recipient in self.fate:
            raise self.fate[recipient]
        self.taken.append((str(message["Message-ID"]), recipient))

    def quit(self) -> None:
        pass


def test_outbox_sends_each_message_once_and_a_failure_leaves_the_rest(world: World) -> None:
    for week in ("2026-W21", WEEK):
        write_issue(world, week)
        put_in_outbox(world, week)
    settings = SmtpSettings("127.0.0.1", 25, ("a@example.org", "b@example.org", "c@example.org"), security="none")
    refused = smtplib.SMTPRecipientsRefused({"b@example.org": (550, b"no such user")})
    lost = smtplib.SMTPServerDisconnected("after DATA")
    first = Server({"b@example.org": refused, "c@example.org": lost})
    report = send_outbox(world, settings, connect=first)
    assert (report.sent, report.failed, report.uncertain) == (2, 2, 2)
    assert "example.org" not in "".join(path.read_text() for path in world.outbox.glob("*.json"))
    second = Server({})
    again = send_outbox(world, settings, connect=second)
    assert (again.sent, again.already_sent, again.uncertain) == (2, 2, 2)  # c may have it: a person decides
    assert {recipient for _, recipient in second.taken} == {"b@example.org"}
    everything = first.taken + second.taken
    assert len(everything) == len(set(everything)) == 4


def test_kill_between_handing_over_and_noting_sends_no_second_copy(world: World) -> None:
    write_issue(world, WEEK)
    put_in_outbox(world, WEEK)
    settings = SmtpSettings("127.0.0.1", 25, ("a@example.org",), security="none")

    class Killed(BaseException):
        pass

    server = Server({})
    server.fate = {"a@example.org": Killed()}  # type: ignore[dict-item]
    with pytest.raises(Killed):
        send_outbox(world, settings, connect=server)
    assert list(json.loads((world.outbox / f"{WEEK}.state.json").read_text()).values()) == ["sending"]
    assert send_outbox(world, settings, connect=Server({})).uncertain == 1


def test_server_that_is_not_there_is_one_sentence_and_may_be_tried_again(world: World) -> None:
    write_issue(world, WEEK)
    put_in_outbox(world, WEEK)
    settings = SmtpSettings("mail.example.org", 25, ("a@example.org",))
    report = send_outbox(world, settings, connect=Server({"connect": ConnectionRefusedError("refused")}))
    assert report.failed == 1
    assert "mail.example.org:25 does not take mail" in report.problems[0]
    assert send_outbox(world, settings, connect=Server({})).sent == 1
    with pytest.raises(ReportError, match="no mail address"):
        SmtpSettings("h", 25, ("a@example.org\r\nBcc: x@example.org",))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_real_smtp_server_takes_the_message(world: World) -> None:
    controller_module = pytest.importorskip("aiosmtpd.controller")
    write_issue(world, WEEK)
    put_in_outbox(world, WEEK)
    taken: list[bytes] = []

    class Handler:
        async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
            self, server: object, session: object, envelope: Any
        ) -> str:
            taken.append(envelope.content)
            return "250 OK"

    controller = controller_module.Controller(Handler(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        settings = SmtpSettings("127.0.0.1", controller.port, ("a@example.org",), security="none", timeout_seconds=5)
        assert send_outbox(world, settings).sent == 1
        assert send_outbox(world, settings).already_sent == 1
    finally:
        controller.stop()
    (content,) = taken
    message = parsed(content)
    assert message["To"] == "a@example.org"
    assert message["Message-ID"] == "<2026-W22.ru.sample@shanyraq.invalid>"
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == (world.issue(WEEK) / "mail.ru.txt").read_text()
