"""The network page: on or off, questions, allowed servers, and what left."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer, wants_json

from slices.network import consent as consents
from slices.network import outbox
from slices.network.store import LOG_MOST

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["Network", "Origins", "origin_of"]

ORIGIN_MOST = 300
"""Characters."""
ORIGIN = re.compile(r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(?::([0-9]{1,5}))?/?\Z")
BACK = re.compile(r"app/[A-Za-z0-9_/-]+(\?[A-Za-z0-9%&=+._~-]*)?")
BACK_MOST = 8000
"""Bytes of an address to go back to: an OOBI with each of its bytes percent-encoded, and more."""
STANDARD = {"http": 80, "https": 443}
SHORT = {
    "stopped": "turned off", "revoked": "revoked", "cancelled": "cancelled", "offline": "offline", "unreachable": "not reached",
    "local": "not reached", "host": "forbidden by this app’s host", "redirect": "redirect, not followed", "late": "too late",
    "html": "a web page", "large": "too large", "broken": "broke off", "status": "no such status", "type": "another version",
    "gateway": "gateway lost",
}  # fmt: skip
"""Of the router's kinds (router/policy/outside/words.py) those that something that left can end with."""


def origin_of(text: str, field: str = "origin") -> str:
    """A server's origin as browsers write it: scheme, name and, if it is not the scheme's own, port. Raises FieldError."""
    text = text.strip().lower()
    found = ORIGIN.match(text)
    if len(text) > ORIGIN_MOST or not found:
        reason = "is no server: give scheme and name, and the port if it has one, as in http://witness.example:5642"
        if not text.isascii():
            reason = "has letters beyond a to z: give the name as browsers send it, which begins with xn--"
        raise FieldError(field, reason)
    scheme, name, _, port = found.groups()
    if port is not None and not 1 <= int(port) <= 65535:
        raise FieldError(field, "has a port that is none: 1 to 65535")
    return f"{scheme}://{name}" + (f":{int(port)}" if port and int(port) != STANDARD[scheme] else "")


def back_of(fields: Fields) -> str:
    """Where what needed the network waits, "" for nowhere: a page of this app, below its base. Raises FieldError."""
    back = fields.text("back", "", max_bytes=BACK_MOST)
    if back and not BACK.fullmatch(back):
        raise FieldError("back", "is no page of this app")
    return back


class Resource:
    """A resource of the consent on this worker."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker

    def show(self, req: falcon.Request, rep: falcon.Response, back: str, note: str = "") -> Generator[float, float, None]:
        """{enabled, origins: [{origin, allowed, requests, failed, last, who, reason, asked}], log: [{when, who, ...}]}, or the page."""
        consent = consents.of(self.worker)
        yield from consent.ready()
        consent.write()
        store = consent.store
        origins = [{"origin": origin, **each} for origin, each in sorted(store.origins.items())]
        data: dict[str, Any] = {"enabled": store.enabled, "origins": origins, "log": store.log}
        data["waiting"] = yield from outbox.shown(self.worker)
        if not wants_json(req):
            data["questions"] = sorted((each for each in origins if each["allowed"] is None), key=lambda each: -(each["asked"] or 0))
            data["judged"] = [each for each in origins if each["allowed"] is not None]
            data |= {"note": note, "back": back, "log_most": LOG_MOST, "short": SHORT}
        answer(req, rep, "pages/network/index.html", data, title="Network · KeriWasm")


class Network(Resource):
    """GET: the page. POST {enabled}: on or off."""

    @deed
    def on_get(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        yield from self.show(req, rep, back_of(Fields(req)))

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        fields = Fields(req)
        if not fields.given("enabled"):
            raise FieldError("enabled", "is missing: true turns the network on, false turns it off")
        enabled, back = fields.flag("enabled"), back_of(fields)
        consent = consents.of(self.worker)
        yield from consent.ready()
        yield from consent.enable(enabled)
        yield from self.show(req, rep, back, "The network is on." if enabled else "The network is off: nothing leaves this browser.")


class Origins(Resource):
    """POST {origin, allowed}: the word on one server."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        fields = Fields(req)
        origin = origin_of(fields.text("origin", max_bytes=4 * ORIGIN_MOST))
        if not fields.given("allowed"):
            raise FieldError("allowed", "is missing: true allows this server, false refuses it")
        allowed, back = fields.flag("allowed"), back_of(fields)
        consent = consents.of(self.worker)
        yield from consent.ready()
        yield from consent.allow(origin, allowed)
        yield from self.show(req, rep, back, f"{origin} is {'allowed' if allowed else 'refused from now on'}.")
