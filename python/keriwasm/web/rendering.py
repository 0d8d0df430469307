"""Answers: one dict of data becomes JSON or a Jinja fragment, as the client asked."""

from __future__ import annotations

import html
import time
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import falcon
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from keriwasm.data import sayable
from keriwasm.data.words import moment
from keriwasm.runtime.context import RENDER_MS, SERVED
from keriwasm.web import formats
from keriwasm.web.form import tokens
from keriwasm.web.glossary import explained

PLACES = (Path(__file__).resolve().parents[2] / "templates", Path(__file__).resolve().parents[3] / "templates")
"""Where templates/ is: beside keriwasm/ in a worker, at the root of the repository on CPython."""

VARY = "Accept, HX-Request"


@cache
def environment() -> Environment:
    """The one Jinja environment: everything autoescaped, an undefined variable is an error, files never change."""
    env = Environment(
        loader=FileSystemLoader([place for place in PLACES if place.is_dir()]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    env.globals.update(form_token=tokens.token, served=SERVED, this_place="this server" if SERVED else "this browser")
    env.filters.update(group=formats.group, json_text=formats.json_text, moment=moment, explained=explained)
    return env


def render(template: str, variables: Mapping[str, Any] | None = None, /, **more: Any) -> str:
    """Render a template; raises Jinja's own errors (TemplateNotFound, UndefinedError)."""
    return environment().get_template(template).render({**(variables or {}), **more})


def answer(
    req: falcon.Request,
    rep: falcon.Response,
    template: str,
    data: dict[str, Any],
    *,
    title: str | None = None,
    status: int | str = 200,
) -> None:
    """Fill `rep`: `data` as JSON if the client asks for JSON (`wants_json`), else `template` with `data` as variables.

    The template also sees `title` and `request`. A fragment with a title begins with `<title>` (added unless the
    template does it), and X-Title carries it as percent-encoded UTF-8.
    """
    rep.status = status
    rep.set_header("Vary", VARY)
    if title is not None:
        title = sayable.text(title)
        rep.set_header("X-Title", quote(title, safe=""))
    started = time.perf_counter()
    if wants_json(req):
        rep.content_type = falcon.MEDIA_JSON
        rep.media = data
        rep.render_body()  # serialized (and kept) now, so that its time counts as rendering
    else:
        rep.content_type = "text/html; charset=utf-8"
        text = render(template, {"title": title, "request": req, **data})
        if title is not None and text.lstrip()[:7].lower() != "<title>":
            text = f"<title>{html.escape(title)}</title>\n{text}"
        rep.text = sayable.text(text)
    req.env[RENDER_MS] = req.env.get(RENDER_MS, 0.0) + (time.perf_counter() - started) * 1000


def wants_json(req: falcon.Request) -> bool:
    """Whether Accept names JSON with q > 0 and prefers no HTML to it; `*/*` alone means HTML."""
    json_q, html_q = 0.0, 0.0
    for kind, q in accepted(req.get_header("Accept") or ""):
        if kind in ("application/json", "application/problem+json"):
            json_q = max(json_q, q)
        elif kind in ("text/html", "application/xhtml+xml"):
            html_q = max(html_q, q)
    return json_q > 0.0 and json_q >= html_q


def accepted(header: str) -> Iterable[tuple[str, float]]:
    """The media types of an Accept header with their q (RFC 9110); one that does not parse counts as 0."""
    for part in header.lower().split(","):
        kind, parameters = falcon.parse_header(part)
        try:
            yield kind, min(1.0, max(0.0, float(parameters.get("q", 1))))
        except ValueError:
            yield kind, 0.0
