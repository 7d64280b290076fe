"""One form for each address, so that a page met under five spellings is one article.

Two different pages must never fall together: parameters are dropped only if they are known to carry tracking or a
session, everything else (`id`, `p`, `page`, `lang`, hash-bang routes, upper and lower case of the path) stays.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

import idna

# Exact names. Sources: the removal lists of ClearURLs and AdGuard (2026), plus the Russian-language ones
# (`ysclid`, `_openstat`, `erid`, `roistat`, `tg_rhash`) seen in links of Kazakhstani and Russian outlets.
_TRACKING: Final = frozenset({
    "fbclid", "gclid", "dclid", "gbraid", "wbraid", "yclid", "ysclid", "ymclid", "msclkid", "twclid", "ttclid",
    "li_fat_id", "igshid", "igsh", "mc_cid", "mc_eid", "_openstat", "openstat", "erid", "roistat", "roistat_visit",
    "tg_rhash", "_ga", "_gl", "mkt_tok", "vero_id", "wt_mc", "ref_src", "ref_url", "fb_action_ids", "fb_action_types",
    "fb_ref", "fb_source", "__twitter_impression", "_hsenc", "_hsmi", "hsctatracking", "_branch_match_id",
    "at_medium", "at_campaign", "cmpid", "ncid", "yptr", "admitad_uid", "srsltid", "from_rss",
})  # fmt: skip
_TRACKING_PREFIXES: Final = ("utm_", "mtm_", "pk_", "piwik_", "matomo_")
_SESSION: Final = frozenset({"phpsessid", "jsessionid", "aspsessionid", "sessionid", "session_id"})
_AMP_FLAGS: Final = frozenset({("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp"), ("view", "amp")})
_SERVICE_LABELS: Final = ("www.", "m.", "mobile.", "amp.")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

# RFC 3986 section 2.3: these mean the same bare and percent-coded; everything else keeps its coding.
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_SAFE: Final = _UNRESERVED | frozenset(b"/!$&'()*+,;=:@")
_QUERY_SAFE: Final = _UNRESERVED | frozenset(b"/!$'()*,;:@?")
_FRAGMENT_SAFE: Final = _PATH_SAFE | frozenset(b"?!")
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})?")
_AMP_CACHE_PATH: Final = re.compile(r"/(?:[acvi]/)?(?:amp/)?(s/)?(?P<inner>[^/]+\.[^/]+/.*)")
_SESSION_IN_PATH: Final = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_INDEX: Final = re.compile(r"/index\.html?$", re.IGNORECASE)
_BLANK: Final = "".join(map(chr, range(0x21))) + "\x7f\u00a0\ufeff\u200b"


class AddressError(ValueError):
    """Text that is no http(s) address of a page."""


def canonical(url: str) -> str:
    """The one form of a page's address, to be hashed and compared, not to be fetched.

    `canonical(canonical(u)) == canonical(u)`. Scheme and `www.` are levelled because no outlet serves different
    articles by them, so the result need not resolve: keep the fetched address beside it. Raises `AddressError`.
    """
    for _ in range(4):  # an AMP cache address holds another address; nobody nests them deeper than once
        scheme, host, port, path, query, fragment = _parts(url)
        inner = _amp_cached(host, path)
        if inner is None:
            break
        url = inner + (f"?{query}" if query else "")
    path, query = _without_amp(_canonical_path(path), _canonical_query(query))
    host = _canonical_host(host)
    if port is None:
        scheme = "https"
    return f"{scheme}://{host}{'' if port is None else f':{port}'}{path}{'?' + query if query else ''}" + (
        f"#{_recoded(fragment, _FRAGMENT_SAFE)}" if fragment.startswith("!") else ""
    )


def host_of(url: str) -> str:
    """The canonical host alone: `www.` and `m.` dropped, IDN as Punycode, no port. Raises `AddressError`."""
    return _canonical_host(_parts(url)[1])


def _parts(url: str) -> tuple[str, str, int | None, str, str, str]:
    """Scheme, host, port (None if it is the scheme's own), path, query, fragment; credentials are dropped."""
    try:
        split = urlsplit(url.strip(_BLANK))
        port = split.port
        host = split.hostname
    except ValueError as error:
        raise AddressError(f"not an address: {url[:120]!r} ({error})") from error
    if split.scheme not in _DEFAULT_PORTS or not host:
        raise AddressError(f"not an http(s) address: {url[:120]!r}")
    if port == _DEFAULT_PORTS[split.scheme]:
        port = None
    return split.scheme, host, port, split.path, split.query, split.fragment


def _canonical_host(host: str) -> str:
    host = host.lower().rstrip(".")
    if ":" in host:
        return f"[{host}]"
    try:
        # UTS 46 non-transitional is what browsers do: `Қазақстан.ҚАЗ`, `қазақстан.қаз` and its Punycode meet here.
        host = idna.encode(idna.decode(host, uts46=True), uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        # Underscores and over-long labels are met in the wild: such a host stays as it is, in one coding.
        host = _recoded(host, _UNRESERVED).lower()
    if not host:
        raise AddressError("address without a host")
    while (label := next((label for label in _SERVICE_LABELS if host.startswith(label)), None)) is not None:
        rest = host[len(label) :]
        if "." not in rest:  # m.kz is a site of its own
            break
        host = rest
    return host


def _canonical_path(path: str) -> str:
    path = _recoded(path, _PATH_SAFE)
    path = _SESSION_IN_PATH.sub("", path)
    path = _without_dots(path)
    while True:
        shorter = _INDEX.sub("", path).rstrip("/") or "/"
        if shorter == path:
            return path if path.startswith("/") else f"/{path}"
        path = shorter


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4, for absolute paths."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


def _canonical_query(query: str) -> str:
    """Pairs without tracking, one percent coding, sorted by name; the order of a repeated name is kept."""
    pairs: list[tuple[str, str]] = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        name, value = (_recoded(side.replace("+", "%20"), _QUERY_SAFE) for side in (name, value))
        low = name.lower()
        if not name or low in _TRACKING or low in _SESSION or low.startswith(_TRACKING_PREFIXES):
            continue
        pairs.append((name, value))
    return "&".join(f"{name}={value}" if value else name for name, value in sorted(pairs, key=lambda pair: pair[0]))


def _without_amp(path: str, query: str) -> tuple[str, str]:
    """Drop the marks of the AMP twin; a page that is called `amp` itself (nothing else in its path) stays."""
    while True:
        before = path
        if path.startswith("/amp/"):
            path = path[4:]
        for ending in ("/amp", ".amp", "/amp.html", ".amp.html"):
            if path.endswith(ending) and len(path) > len(ending) + 1:
                path = path[: -len(ending)] + (".html" if ending == ".amp.html" else "")
                break
        path = _canonical_path(path)
        if path == before:
            break
    kept = [part for part in query.split("&") if part and _pair(part) not in _AMP_FLAGS]
    return path, "&".join(kept)


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.lower().partition("=")
    return name, value


def _amp_cached(host: str, path: str) -> str | None:
    """The address inside `https://site-kz.cdn.ampproject.org/c/s/site.kz/…` or `https://www.google.*/amp/s/…`."""
    google = host.startswith("www.google.") and path.startswith("/amp/")
    if not (google or host.endswith(".cdn.ampproject.org")):
        return None
    match = _AMP_CACHE_PATH.fullmatch(path)
    return f"https://{match['inner']}" if match else None


def _recoded(text: str, safe: frozenset[int]) -> str:
    """Each octet bare if it is in `safe` and was bare or is unreserved, else as upper-case `%XX`."""
    raw = text.encode("utf-8", "surrogatepass")
    out: list[str] = []
    position = 0
    while position < len(raw):
        match = _PERCENT.match(raw, position)
        if match is None:
            octet, coded, position = raw[position], False, position + 1
        elif match[1] is None:  # a stray percent sign
            octet, coded, position = ord("%"), True, position + 1
        else:
            octet, coded, position = unquote_to_bytes(match[0])[0], True, match.end()
        bare = octet in _UNRESERVED or (octet in safe and not coded)
        out.append(chr(octet) if bare else f"%{octet:02X}")
    return "".join(out)
