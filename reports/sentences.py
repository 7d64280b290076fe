"""An issue in sentences of one language: what mail and site both say, worded once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reports.catalogue import Catalogue
from reports.issue import CalendarMark, CohesionCell, Ended, Headline, Institution, Issue, RegionWeek, Signal

# Characters of a hash: 48 bits tell models and lexicons apart, and nobody reads 64. The whole stands in issue.json.
_SHOWN_HASH: Final = 12
_RARE: Final = 0.1  # expected stories a week: less than one in ten weeks, where "about 0.0" would tell nothing


@dataclass(frozen=True, slots=True)
class SignalText:
    """One signal, worded: `facts` are numbers (first the count, then what is usual), `cautions` what turns them.

    `check` says what it was derived with, `query` is the command that shows the whole record.
    """

    signal: Signal
    kicker: str
    title: str
    facts: tuple[str, ...]
    cautions: tuple[str, ...]
    headlines_title: str
    headlines: tuple[Headline, ...]
    no_headlines: str
    check: str
    query: str


def signal_text(signal: Signal, words: Catalogue) -> SignalText:
    up = signal.direction == "cohesion"
    kicker = words.text("signal.kicker_cohesion" if up else "signal.kicker")
    state = words.text(f"signal.{signal.status}")
    facts = [
        words.text(
            "signal.count",
            stories=words.count("stories", signal.stories),
            where=words.text(f"series.{signal.series}_where"),
            outlets=words.count("outlets", signal.outlets),
            owners=words.count("owners", signal.owner_groups),
        )
    ]
    if signal.expected is not None and signal.expected < _RARE:
        facts.append(words.text("signal.expected_rare", hi=words.figure(signal.expected_hi)))
    elif signal.expected is not None:
        facts.append(
            words.text(
                "signal.expected",
                expected=words.figure(signal.expected),
                lo=words.figure(signal.expected_lo),
                hi=words.figure(signal.expected_hi),
            )
        )
    if signal.rate_per_1000 is not None:
        facts.append(
            words.text(
                "signal.rate",
                rate=words.figure(signal.rate_per_1000),
                lo=words.figure(signal.rate_lo),
                hi=words.figure(signal.rate_hi),
                exposure=words.number(signal.exposure),
            )
        )
    if signal.q is not None:
        facts.append(words.text("signal.q", q=words.share(signal.q)))
        facts.append(words.text("signal.families", families=words.number(signal.families)))
    return SignalText(
        signal,
        f"{kicker} · {words.text(f'series.{signal.series}')} · {state}",
        f"{signal.region.by(words.language)}: {lower_first(signal.title.by(words.language))}",
        tuple(upper_first(fact) for fact in facts),
        tuple(_cautions(signal, words)),
        words.text("heading.headlines_social" if signal.series == "social" else "heading.headlines"),
        signal.headlines,
        _no_headlines(signal, words),
        words.text(
            "signal.check",
            alert=signal.alert_id,
            rule=signal.rule,
            model=signal.model_hash[:_SHOWN_HASH],
            lexicon=signal.lexicon_hash[:_SHOWN_HASH],
            panel=signal.panel_hash[:_SHOWN_HASH],
            snapshot=signal.snapshot_hash[:_SHOWN_HASH],
        ),
        f"shanyraq query \"FROM out_alert WHERE alert_id = '{signal.alert_id}'\"",
    )


def _no_headlines(signal: Signal, words: Catalogue) -> str:
    if signal.headlines or signal.headlines_withheld:
        return ""
    return words.text("signal.no_links" if signal.series == "social" else "signal.no_headlines")


def _cautions(signal: Signal, words: Catalogue) -> list[str]:
    cautions = []
    if signal.disputed and signal.indicator != "rumour":
        cautions.append(
            words.text(
                "signal.disputed" if signal.framed_stories else "signal.disputed_only",
                framed=words.count("stories", signal.framed_stories),
                denied=words.number(signal.denied_stories),
            )
        )
    if signal.denied:
        cautions.append(
            words.text(
                "signal.denied",
                denied=words.number(signal.denied_stories),
                stories=words.number(signal.stories),
            )
        )
    if signal.target_group is not None:
        cautions.append(
            words.text(
                "signal.target",
                group=words.group(signal.target_group),
                stories=words.count("stories", signal.target_group_stories or 0),
            )
        )
    if signal.headlines_withheld:
        cautions.append(words.text("signal.withheld", count=words.number(signal.headlines_withheld)))
    if signal.coverage_flag:
        cautions.append(words.text("signal.coverage_flag"))
    if signal.audit == "uncorrected":
        cautions.append(words.text("signal.audit_uncorrected"))
    elif signal.audit is not None:
        cautions.append(words.text("signal.audit_sample", count=signal.audit))
    return cautions


def institution_title(institution: Institution, words: Catalogue) -> str:
    """`Whom to turn to`, and that it is nationwide where the region has no body of its own."""
    title = words.text("heading.institutions")
    if institution.region_code is not None:
        return title
    return f"{title} ({lower_first(words.text('institutions.national'))})"


def lower_first(title: str) -> str:
    """A title inside a sentence: first letter small unless the word is an abbreviation."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def upper_first(text: str) -> str:
    """`text` as the start of a sentence."""
    return text[:1].upper() + text[1:]


def lead(issue: Issue, words: Catalogue) -> list[str]:
    """What the week comes to, then how much of the country could be judged."""
    judged, everywhere = len(issue.regions_of("ok")), len(issue.regions)
    if issue.quiet and issue.judged_whole:
        lines = [words.text("lead.quiet")]
    elif issue.quiet:
        lines = [f"{quiet_told(issue, words)}."]
    else:
        lines = [
            words.text(
                "lead.some",
                tension=words.count("signals", len(issue.tension)),
                cohesion=words.count("signals", len(issue.cohesion)),
            )
        ]
    if issue.judged_whole:
        lines.append(words.text("lead.compared_all", all=words.number(everywhere)))
    elif not issue.quiet:
        lines.append(words.text("lead.compared", judged=words.number(judged), all=words.number(everywhere)))
    if not issue.judged_whole:
        lines.append(words.text("lead.unjudged"))
    return lines if issue.complete else [*lines, words.text("lead.incomplete")]


def quiet_told(issue: Issue, words: Catalogue) -> str:
    """A week without signals in a few words, for a subject or a list; bare "no signals" only if all was judged."""
    if issue.judged_whole:
        return words.text("mail.subject_quiet")
    judged, everywhere = len(issue.regions_of("ok")), len(issue.regions)
    return words.text("lead.quiet_partial", judged=words.number(judged), all=words.number(everywhere))


def cell_line(cell: CohesionCell, words: Catalogue) -> str:
    return words.text(
        "cohesion.cell",
        region=cell.region.by(words.language),
        series=words.text(f"series.{cell.series}"),
        stories=words.count("stories", cell.stories),
        outlets=words.count("outlets", cell.outlets),
        owners=words.count("owners", cell.owner_groups),
    )


def unseen_lines(issue: Issue, words: Catalogue) -> list[str]:
    """A line for each region held back, with its silent sources; one line for all with too little data, one for all
    that have no past to compare with yet."""
    lines = [_held(region, words) for region in issue.regions_of("held")]
    for status in ("insufficient", "no_baseline"):
        names = [region.region.by(words.language) for region in issue.regions_of(status)]
        if names:
            lines.append(words.text(f"held.{status}", names=", ".join(names)))
    return lines


def held_names(issue: Issue, words: Catalogue) -> str:
    """The regions held back, by name only; starts a sentence."""
    names = [region.region.by(words.language) for region in issue.regions_of("held")]
    return upper_first(f"{words.text('map.held')}: {', '.join(names)}.")


def _held(region: RegionWeek, words: Catalogue) -> str:
    parts = [words.text("held.held")]
    if region.unhealthy_sources:
        parts.append(words.text("held.sources", names=", ".join(region.unhealthy_sources)))
    if region.held_signals:
        parts.append(words.text("held.signals"))
    return f"{region.region.by(words.language)} – {'; '.join(parts)}."


def change_lines(issue: Issue, words: Catalogue) -> list[tuple[str, list[str]]]:
    """New, continuing and ended signals, each with its heading; empty kinds are left out."""
    kinds: list[tuple[str, list[Signal] | list[Ended]]] = [
        ("new", [signal for signal in issue.signals if signal.status == "raised"]),
        ("continuing", [signal for signal in issue.signals if signal.status == "continuing"]),
        ("ended", list(issue.ended)),
    ]
    return [
        (
            words.text(f"changes.{kind}"),
            [
                words.text(
                    "changes.item",
                    region=item.region.by(words.language),
                    title=lower_first(item.title.by(words.language)),
                    series=words.text(f"series.{item.series}"),
                )
                for item in items
            ],
        )
        for kind, items in kinds
        if items
    ]


def mark_line(mark: CalendarMark, words: Catalogue) -> str:
    return (
        f"{words.days(mark.first_day, mark.last_day)}: {mark.names.by(words.language)} – "
        f"{words.text(f'calendar_kind.{mark.kind}')}"
    )


def coverage_lines(issue: Issue, words: Catalogue) -> list[str]:
    seen = issue.coverage
    lines = [
        words.text(
            "coverage.panel",
            sources=words.number(seen.sources),
            healthy=words.number(seen.healthy_sources),
            new=words.number(sum(source.status == "new" for source in seen.unhealthy)),
            poor=words.number(sum(source.status != "new" for source in seen.unhealthy)),
        ),
        words.text(
            "coverage.texts",
            texts=words.count("texts", seen.articles),
            news=words.count("stories", seen.stories_news),
            social=words.count("stories", seen.stories_social),
        ),
        words.text(
            "coverage.unplaced" if seen.unplaced_news or seen.unplaced_social else "coverage.all_placed",
            news=words.count("stories", seen.unplaced_news),
            social=words.count("stories", seen.unplaced_social),
        ),
    ]
    for status in ("silent", "thin", "new"):
        names = [source.name for source in seen.unhealthy if source.status == status]
        if names:
            lines.append(f"{words.text(f'coverage.{status}')}: {', '.join(names)}.")
    capped = sum(watch.capped for watch in issue.watches)
    if len(issue.watches) > capped:
        lines.append(words.text("coverage.watches", count=words.number(len(issue.watches) - capped)))
    if capped:
        lines.append(words.text("coverage.watches_capped", count=words.number(capped)))
    if issue.model:
        lines.append(words.text("coverage.model", model=issue.model, version=issue.version))
    return lines


def limit_lines(words: Catalogue) -> list[str]:
    return [words.text(f"limits.l{number}") for number in range(1, 6)]


def subject(issue: Issue, words: Catalogue) -> str:
    """Level, region, kind of source, week: no jargon. New signals speak first."""
    language = words.language
    if issue.tension:
        first = issue.tension[0]
        told = words.text(
            "mail.subject_alert",
            region=first.region.by(language),
            title=lower_first(first.title.by(language)),
            series=words.text(f"series.{first.series}"),
        )
    elif issue.cohesion:
        first = issue.cohesion[0]
        told = words.text(
            "mail.subject_cohesion",
            region=first.region.by(language),
            series=words.text(f"series.{first.series}"),
        )
    else:
        told = quiet_told(issue, words)
    more = len(issue.signals) - 1
    if more > 0:
        told = words.text("mail.subject_more", subject=told, signals=words.count("signals", more))
    whole = words.text(
        "mail.subject_week",
        subject=told,
        week=upper_first(words.week(issue.week)),
        days=words.days(issue.first_day, issue.last_day, year=True),
    )
    marked = f"[{words.text('fictional.badge')}] {whole}" if issue.fictional else whole
    return marked.replace("\u00a0", " ").replace("\u202f", " ")
