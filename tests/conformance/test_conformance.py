"""One list of requests (tests/kits/conformance/requests.toml), answered by all who serve this app: the answers are the same.

Equal are status, headers and body, but for what rows.normal takes off: who made them, when, and how fast; and for the words of a page that
tell whether this browser or a server computes (says_where).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import TARGETS
from rows import normal, rows, security_headers
from targets import Reply

Said = Callable[[str], list[Reply]]
ROWS = rows()
FIRST, *OTHERS = TARGETS
SERVED = ("server", "component")
"""Whose whole pages are another page around the same main part: one without the pool in the browser."""


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[row["name"] for row in ROWS])
def test_the_first_says_what_the_row_says(said: Said, number: int) -> None:
    row, reply = ROWS[number], said(FIRST)[number]
    assert reply.status == row["status"], reply.body[:500]
    text = reply.body.decode()
    for part in row.get("has", ()):
        assert part in text
    if "field" in row:
        assert json.loads(text)["field"] == row["field"]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("number", range(len(ROWS)), ids=[row["name"] for row in ROWS])
def test_the_others_say_the_same(said: Said, other: str, number: int) -> None:
    shell = other not in SERVED
    first, second = normal(said(FIRST)[number], shell), normal(said(other)[number], shell)
    assert second[0] == first[0], said(other)[number].body[:500]
    assert second[1] == first[1]
    if not ROWS[number].get("says_where"):
        assert second[2] == first[2]


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[row["name"] for row in ROWS])
def test_those_that_serve_say_the_same_to_the_letter(said: Said, number: int) -> None:
    """Whole pages with all that is around the main part, and the words that tell where it is computed."""
    first, *others = (normal(said(name)[number]) for name in SERVED)
    assert others and all(each == first for each in others)


@pytest.mark.parametrize("other", OTHERS)
def test_a_host_sends_its_security_headers_with_everything(said: Said, other: str) -> None:
    wanted: dict[str, Any] = security_headers()
    for row, reply in zip(ROWS, said(other), strict=True):
        assert {name: reply.headers.get(name) for name in wanted} == wanted, row["name"]


@pytest.mark.parametrize(
    "other",
    [
        Reply(404, {"x-worker": "w1", "server-timing": "x", "vary": "Accept", "content-type": "text/html"}, b"<p>a</p>"),
        Reply(200, {"x-worker": "w1", "server-timing": "x", "vary": "Other", "content-type": "text/html"}, b"<p>a</p>"),
        Reply(200, {"x-worker": "w1", "server-timing": "x", "vary": "Accept", "content-type": "text/html", "x": "y"}, b"<p>a</p>"),
        Reply(200, {"x-worker": "w1", "server-timing": "x", "vary": "Accept", "content-type": "text/html"}, b"<p>b</p>"),
        Reply(200, {"x-worker": "w1", "server-timing": "x", "vary": "Accept", "content-type": "application/json"}, b'{"a": 2}'),
    ],
)
def test_what_differs_is_seen(other: Reply) -> None:
    """The oracle itself: status, a header, one header more, a letter of HTML, a value of JSON."""
    kind = other.headers["content-type"]
    body = b'{"a": 1}' if "json" in kind else b"<p>a</p>"
    base = Reply(200, {"x-worker": "w2,w1", "server-timing": "y", "vary": "Accept", "content-type": kind, "date": "now"}, body)
    assert normal(base) == normal(base._replace(headers={**base.headers, "x-worker": "w7", "date": "then"}))
    assert normal(other) != normal(base)
