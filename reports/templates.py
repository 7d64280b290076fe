"""Jinja environments for mail and site: HTML escaped everywhere, a missing variable is an error."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports import sentences


@cache
def environment(folder: str, *, html: bool) -> Environment:
    """The templates of `reports/<folder>`; `html` turns escaping on."""
    made = Environment(
        loader=PackageLoader("reports", folder),
        autoescape=html,  # noqa: S701 - off only for the plain text part of a mail
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["say"] = sentences
    return made
