"""Requests to real slices in a worker on CPython, for the tests of the slices: encoding of bodies, fields, reading of pages."""

from __future__ import annotations

import json
import secrets
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import falcon
from falcon import testing
from keriwasm.data.encoding import b64u
from keriwasm.web.form.fields import Fields
from workerkit import Answer, Kit

JSON = "application/json"
HTML = "text/html"


def multipart(fields: list[tuple[str, str | tuple[str, bytes]]]) -> tuple[bytes, str]:
    """(body, content type) of multipart/form-data; a value (filename, bytes) is a file."""
    boundary = secrets.token_hex(12)
    body = b""
    for name, value in fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, tuple):
            head += f'; filename="{value[0]}"\r\nContent-Type: application/octet-stream'
            content = value[1]
        else:
            content = value.encode()
        body += head.encode() + b"\r\n\r\n" + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


async def post(kit: Kit, path: str, **fields: Any) -> Answer:
    """POST as JSON; bytes become base64url."""
    encoded = {name: b64u(value) if isinstance(value, bytes) else value for name, value in fields.items()}
    return await kit.ask("POST", path, json_body=encoded)


async def form(kit: Kit, path: str, **fields: Any) -> Answer:
    """POST as htmx posts a form: urlencoded, asking for HTML."""
    encoded = urlencode({name: b64u(value) if isinstance(value, bytes) else value for name, value in fields.items()})
    headers = {"content-type": "application/x-www-form-urlencoded", "hx-request": "true"}
    return await kit.ask("POST", path, body=encoded.encode(), accept=HTML, headers=headers)


async def upload(kit: Kit, path: str, fields: list[tuple[str, Any]], accept: str = JSON) -> Answer:
    """POST as multipart."""
    body, kind = multipart(fields)
    return await kit.ask("POST", path, body=body, accept=accept, headers={"content-type": kind})


async def get(kit: Kit, path: str, accept: str = HTML) -> Answer:
    """GET a page."""
    return await kit.ask("GET", path, accept=accept)


def request(body: bytes = b"", kind: str | None = None, query: str = "") -> falcon.Request:
    """A request without a worker."""
    headers = {"Content-Type": kind} if kind is not None else {}
    return falcon.Request(testing.create_environ(method="POST", body=body, headers=headers, query_string=query))


def of_json(value: Any, **more: Any) -> Fields:
    return Fields(request(json.dumps(value).encode(), "application/json", **more))


def of_form(text: str | bytes, **more: Any) -> Fields:
    return Fields(
        request(text if isinstance(text, bytes) else text.encode(), "application/x-www-form-urlencoded", **more)
    )


class Page(HTMLParser):
    """What tests ask of a fragment: elements in order, ids, forms' fields, and that it keeps the page's rules."""

    VOID = frozenset(
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
    )

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.problems: list[str] = []
        self.text = ""
        self.areas: dict[str, str] = {}  # id of a text area or input -> what it holds
        self._open: list[str] = []
        self.feed(text)
        self.close()
        if self._open:
            self.problems.append(f"never closed: {self._open}")
        self._rules()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self._open[-1:]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script" and data.strip():
            self.problems.append("a script in the text")
        self.text += data
        if self._open and self._open[-1] == "textarea":
            id = next(attrs for tag, attrs in reversed(self.elements) if tag == "textarea").get("id", "")
            held = self.areas.get(id)
            # The first line end after <textarea> is no part of its value (WHATWG HTML, 13.2.6.4.7).
            self.areas[id] = (data[1:] if data.startswith("\n") else data) if held is None else held + data

    def all(self, tag: str, **attrs: str) -> list[dict[str, str]]:
        wanted = {name.replace("_", "-"): value for name, value in attrs.items()}
        return [got for name, got in self.elements if name == tag and wanted.items() <= got.items()]

    def _rules(self) -> None:
        """No style, no script but a module of static/page (the CSP), relative addresses (the app lives in any folder), labels,
        unique ids."""
        ids = [attrs["id"] for _, attrs in self.elements if "id" in attrs]
        labelled = {attrs.get("for") for tag, attrs in self.elements if tag == "label"}
        self.problems += [f"id twice: {each}" for each in {each for each in ids if ids.count(each) > 1}]
        for tag, attrs in self.elements:
            module = attrs.keys() == {"type", "src"} and attrs["type"] == "module" and attrs["src"].startswith("static/page/")
            if tag in ("style", "iframe", "object", "embed", "base") or (tag == "script" and not module):
                self.problems.append(f"<{tag}>")
            for name, value in attrs.items():
                if name == "style" or name.startswith("on"):
                    self.problems.append(f"{tag} {name}={value!r}")
                if name in ("href", "src", "action", "hx-get", "hx-post") and not value.startswith(("app/", "static/")):
                    self.problems.append(f"{tag} {name}={value!r} is not relative to the base")
            asks = tag in ("textarea", "select") or (tag == "input" and attrs.get("type") != "hidden")
            if asks and attrs.get("id") not in labelled:
                self.problems.append(f"{tag} {attrs.get('name')} has no label")
            if tag == "button" and "type" not in attrs:
                self.problems.append("a button without type")


def problem(answer: Answer, status: int, field: str | None = None) -> dict[str, Any]:
    """Assert that an answer is this problem, as JSON; returns it."""
    assert answer.status == status, (answer.status, answer.text[:500])
    assert answer.headers["content-type"].startswith("application/problem+json")
    told = json.loads(answer.body)
    assert told["status"] == status and told["title"] and told["detail"]
    if field is not None:
        assert told["field"] == field, told
        assert told["errors"][0]["field"] == field
    return told
