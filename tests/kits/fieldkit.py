"""Fields of a request, without a worker."""

from __future__ import annotations

import json

import falcon
from falcon import testing
from keriwasm.web.form.fields import Fields


def request(body=b"", kind=None, query=""):
    headers = {"Content-Type": kind} if kind is not None else {}
    return falcon.Request(testing.create_environ(method="POST", body=body, headers=headers, query_string=query))


def of_json(value, **more):
    return Fields(request(json.dumps(value).encode(), "application/json", **more))


def of_form(text, **more):
    return Fields(
        request(text if isinstance(text, bytes) else text.encode(), "application/x-www-form-urlencoded", **more)
    )
