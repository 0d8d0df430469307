"""How a value is shown: the forms that it offers, as Jupyter asks for them, and the same as HTML of the frame.

`display`, `HTML`, `SVG`, `Markdown`, `Image` and `clear_output` are found under IPython.display as well, so that a notebook
runs in Jupyter unchanged. HTML is a guest's: it may hold no script that the frame's policy would run.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from markupsafe import Markup, escape

__all__ = ["HTML", "SVG", "Image", "Markdown", "bundle", "html", "offer"]

MOST = 2_000_000
"""Characters of one form of one value."""
FORMS = {
    "_repr_html_": "text/html", "_repr_svg_": "image/svg+xml", "_repr_png_": "image/png", "_repr_jpeg_": "image/jpeg",
    "_repr_markdown_": "text/markdown", "_repr_json_": "application/json",
}  # fmt: skip


class _Text:
    form = ""

    def __init__(self, data: str) -> None:
        self.data = data

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {self.form: self.data, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object>"


class HTML(_Text):
    """Markup to show."""

    form = "text/html"


class SVG(_Text):
    """A drawing."""

    form = "image/svg+xml"


class Markdown(_Text):
    """Text to set."""

    form = "text/markdown"


class Image(_Text):
    """A picture: the bytes of a PNG or a JPEG."""

    def __init__(self, data: bytes) -> None:
        super().__init__(base64.b64encode(data).decode())
        self.form = "image/jpeg" if data[:2] == b"\xff\xd8" else "image/png"


def bundle(value: Any) -> dict[str, Any]:
    """The forms of a value by media type, text/plain always among them; one that fails or is too large is left out and said."""
    forms: dict[str, Any] = {}
    kind = type(value)
    if not isinstance(value, type):
        if hasattr(kind, "_repr_mimebundle_"):
            found = _safely(lambda: value._repr_mimebundle_(include=None, exclude=None))
            found = found[0] if isinstance(found, tuple) and found else found
            forms.update(found if isinstance(found, dict) else {})
        for name, form in FORMS.items():
            if form not in forms and hasattr(kind, name):
                data = _safely(getattr(value, name))
                data = data[0] if isinstance(data, tuple) and data else data
                if isinstance(data, bytes):
                    data = (
                        base64.b64encode(data).decode()
                        if form in ("image/png", "image/jpeg")
                        else data.decode("utf-8", "replace")
                    )
                if data is not None:
                    forms[form] = data
    forms = {form: data for form, data in forms.items() if _fits(form, data)}
    if "text/plain" not in forms:
        text = _safely(lambda: repr(value))
        forms["text/plain"] = text if len(text) <= MOST // 20 else f"{text[: MOST // 20]}… ({len(text):,} characters)"
    return forms


def _safely(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Exception as ex:
        return f"<it cannot be shown: {type(ex).__name__}: {ex}>"


def _fits(form: Any, data: Any) -> bool:
    if not isinstance(form, str):
        return False
    try:
        size = len(data) if isinstance(data, str) else len(json.dumps(data))
    except (TypeError, ValueError, RecursionError):
        return False
    return size <= MOST


def html(forms: dict[str, Any], set_markdown: Callable[[str], Markup]) -> Markup:
    """A value as the frame shows it: its richest form."""
    if isinstance(text := forms.get("text/html"), str):
        return Markup('<div class="value">{}</div>').format(Markup(text))
    if isinstance(text := forms.get("image/svg+xml"), str):
        encoded = base64.b64encode(text.encode("utf-8", "replace")).decode()
        return Markup(
            '<img class="value" src="data:image/svg+xml;base64,{}" alt="A drawing that the cell made">'
        ).format(encoded)
    for form in ("image/png", "image/jpeg"):
        if isinstance(data := forms.get(form), str):
            return Markup('<img class="value" src="data:{};base64,{}" alt="A picture that the cell made">').format(
                form, data
            )
    if isinstance(text := forms.get("text/markdown"), str):
        return Markup('<div class="value">{}</div>').format(set_markdown(text))
    return Markup('<span class="value">{}\n</span>').format(escape(forms.get("text/plain", "")))


def offer(display: Callable[..., None], clear: Callable[..., None]) -> dict[str, Any]:
    """The names that cells have without importing them; the same under IPython.display."""
    names = {"display": display, "HTML": HTML, "SVG": SVG, "Markdown": Markdown, "Image": Image, "clear_output": clear}
    package, module = ModuleType("IPython"), ModuleType("IPython.display")
    package.__path__ = []
    package.display = module  # type: ignore[attr-defined]
    vars(module).update(names)
    sys.modules.update({"IPython": package, "IPython.display": module})
    return {"display": display}
