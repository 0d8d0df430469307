"""One list of requests (tests/kits/conformance/requests.toml), answered by all who serve this app: the answers are the same.

Equal are status, headers and body, but for what rows.normal takes off: who made them, when, and how fast.
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
    first, second = normal(said(FIRST)[number]), normal(said(other)[number])
    assert second[0] == first[0], said(other)[number].body[:500]
    assert second[1] == first[1]
    assert second[2] == first[2]


@pytest.mark.parametrize("other", OTHERS)
def test_a_host_sends_its_security_headers_with_everything(said: Said, other: str) -> None:
    wanted: dict[str, Any] = security_headers()
    for row, reply in zip(ROWS, said(other), strict=True):
        assert {name: reply.headers.get(name) for name in wanted} == wanted, row["name"]
