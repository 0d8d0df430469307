"""The third wall about forms: what was sent as one, without script, must have come from a form that this app has shown.

The router worker draws a token when it starts and gives it to every worker. Each form of ours carries it in a hidden field
(`macros/ui.html`); a navigation that is no GET and does not bring it is refused here, before any slice sees it. No other site
can read it. The walls before, which judge where a request comes from, are router/doors/door.js and router/policy/http/origins.py.

Programs in our own page, and htmx, send no navigations: a service worker sees fetches of its own clients only, and the page's
door is a port that nobody else has. They need no token. What this does not catch: code that runs in our origin.
"""

from __future__ import annotations

import hmac

import falcon

from keriwasm.runtime.context import MESSAGE
from keriwasm.web.form.fields import Fields

FIELD = "form_token"
"""The hidden field's name."""

PASSED = "keriwasm.form_passed"
"""environ key: this request has brought it. A deed passes the application twice, with its body read by then."""

_token = ""


def use(token: str) -> None:
    """What stands in the forms of this worker from now on: the same in all workers of one router."""
    global _token
    _token = token


def token() -> str:
    """For the templates."""
    return _token


class Tokens:
    """Falcon middleware that refuses a form of somebody else's with 403."""

    def process_request(self, req: falcon.Request, rep: falcon.Response) -> None:
        """The body is read by a request of our own and wound back: a responder finds it untouched."""
        if req.method == "GET" or PASSED in req.env or not req.env[MESSAGE].get("navigated"):
            return
        given = Fields(falcon.Request(req.env)).text(FIELD, "", max_bytes=200)
        req.env["wsgi.input"].seek(0)
        if not _token or not hmac.compare_digest(given.encode(), _token.encode()):
            raise falcon.HTTPForbidden(
                title="This form is not from this start of the app",
                description="Nothing was done. Load the page that has the form again, then send it.",
            )
        req.env[PASSED] = True
