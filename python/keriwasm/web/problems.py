"""Errors as answers: RFC 9457 problem details as JSON, or the fragment templates/fragments/problem.html."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import falcon

from keriwasm.data import sayable
from keriwasm.imports import packed_wheels
from keriwasm.imports.packed_wheels import Coming
from keriwasm.runtime.context import COMING, MESSAGE
from keriwasm.web.rendering import VARY, render, wants_json

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

PROBLEM_JSON = "application/problem+json"

ADVICE = {
    404: "Check the address, or go back to the start page.",
    405: "This address exists, but not for this kind of request.",
    413: "Send less at once.",
    415: "Send a form, multipart/form-data or JSON.",
    500: "It is noted in the log under the id above. Trying again may help; if it does not, please report the id.",
    503: "Try again in a moment.",
    504: "Try again, perhaps with less work at once.",
}
"""What a person can do, per status, where the error itself does not say."""


class FaultError(falcon.HTTPInternalServerError):
    """An unforeseen exception, known to the client by its id in the log only."""

    def __init__(self, fault: str, worker_id: str) -> None:
        super().__init__(
            title="A fault inside the worker",
            description=f"Worker {worker_id} failed while it served this request: fault {fault}.",
        )
        self.extra = {"fault": fault}


def problem(error: falcon.HTTPError) -> dict[str, Any]:
    """Problem details of an error; its attribute `extra` (a dict), if it has one, adds members."""
    status = int(error.status_code)
    title = error.title
    if title is None or title[:4] == f"{status} ":
        title = falcon.code_to_http_status(status)[4:]
    members = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": error.description or ADVICE.get(status, ""),
    }
    return {**members, **getattr(error, "extra", {})}


def serialize(req: falcon.Request, rep: falcon.Response, error: falcon.HTTPError) -> None:
    """Falcon's error serializer: JSON or HTML by Accept. A template that fails must not hide the error it shows.

    An error may bring a fragment of its own, named by its attribute `template`, which sees the same variables.
    """
    members = problem(error)
    members["title"] = sayable.text(members["title"])
    rep.set_header("Vary", VARY)
    # No <title> in the fragment: htmx would rename the page because a form field was wrong. A whole page takes this.
    number = f" ({members['status']})" if members["status"] >= 500 else ""  # a person is told what is wrong, not its number
    rep.set_header("X-Title", quote(f"{members['title']}{number}", safe=""))
    if wants_json(req):
        rep.content_type = PROBLEM_JSON
        rep.data = sayable.json_text(members, default=str).encode()
        return
    if getattr(error, "explains", False) and goes_to(req):
        rep.status = falcon.HTTP_200
    rep.content_type = "text/html; charset=utf-8"
    shown = render(
        getattr(error, "template", "fragments/problem.html"),
        problem=members,
        request=req,
        advice=ADVICE.get(members["status"], "") if error.description else "",
    )
    rep.text = sayable.text(shown)


def goes_to(req: falcon.Request) -> bool:
    """Whether somebody goes to a page, by a link or an address: an error that explains itself (its attribute `explains`) is
    then just that page, and no failure. What fetches a part of a page, or a file, hears the status."""
    if req.method != "GET" or "download" in req.params or "text/html" not in (req.get_header("Accept") or ""):
        return False
    return req.get_header("HX-Request") is None or (req.get_header("HX-Target") or "").rpartition("#")[2] == "main"


def arrived() -> Generator[float, float, None]:
    """Ends when all that is fetched after the first answer is there, or is not to be waited for any longer."""
    with suppress(Coming):  # whoever needs it says so
        yield from packed_wheels.here()


def beforehand() -> Generator[float, float, None]:
    """The same before anything is begun, which may need none of it: once somebody has waited in vain, nobody does."""
    if packed_wheels.expected():
        yield from arrived()


def handlers(app: falcon.App, worker: Context) -> None:
    """Install the serializer and turn every unforeseen exception into a 500 with an id, its traceback into the log."""

    def unforeseen(req: falcon.Request, rep: falcon.Response, ex: Exception, params: dict[str, Any]) -> None:
        fault = worker.fault(ex, about=req.env.get(MESSAGE))
        rep.stream = None
        raise FaultError(fault, worker.id) from ex

    def coming(req: falcon.Request, rep: falcon.Response, ex: Coming, params: dict[str, Any]) -> None:
        req.env[COMING] = arrived
        raise falcon.HTTPServiceUnavailable(
            title="Still being fetched", description=f"{str(ex)[:1].upper()}{str(ex)[1:]}.", retry_after=2
        ) from ex

    app.set_error_serializer(serialize)
    app.add_error_handler(Exception, unforeseen)
    app.add_error_handler(Coming, coming)
