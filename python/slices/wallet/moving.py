"""An answer that is a whole page: htmx puts it in the place of the page, wherever the form's own answers would go."""

from __future__ import annotations

from typing import Any

import falcon
from keriwasm.web.rendering import answer, wants_json

__all__ = ["moved"]


def moved(
    req: falcon.Request,
    rep: falcon.Response,
    path: str,
    template: str,
    data: dict[str, Any],
    page: dict[str, Any],
    *,
    title: str,
    status: int = 200,
) -> None:
    """Answer with `data`, as HTML with the page's own variables too. After a POST the address becomes `path`."""
    if req.method != "GET" and req.get_header("HX-Request"):
        rep.set_header("HX-Retarget", "#main")
        rep.set_header("HX-Reswap", "innerHTML scroll:top scrollTarget:window")
        rep.set_header("HX-Push-Url", path)
    variables = data if wants_json(req) else {"note": "", **page, **data}
    answer(req, rep, template, variables, title=title, status=status)
