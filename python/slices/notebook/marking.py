"""Markdown as HTML: mistune's, with what is markup in the text escaped."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST", "html"]

MOST = 100_000
"""Characters of one text."""


@cache
def _maker() -> Callable[[str], str]:
    import mistune

    return mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])  # type: ignore[return-value]


def html(text: str) -> Markup:
    """A text set; past `MOST` characters as it is."""
    if len(text) > MOST:
        return Markup("<pre>{}</pre>").format(text)
    return Markup(_maker()(text))
