"""Answers: JSON or fragment by Accept, titles, escaping, server-sent events, filters, error fragments."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import falcon
import pytest
import workerkit  # noqa: F401  (sets the path)
from falcon import testing
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from keriwasm.web import rendering
from keriwasm.web.form.errors import FieldError
from keriwasm.web.formats import group, sse
from keriwasm.web.rendering import answer, render, wants_json
from workerkit import run, running


def accepting(accept):
    headers = {} if accept is None else {"Accept": accept}
    return falcon.Request(testing.create_environ(headers=headers))


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [
        (None, False),
        ("*/*", False),
        ("text/html", False),
        ("application/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", False),
        ("application/json", True),
        ("application/json, */*;q=0.5", True),
        ("application/json, text/plain, */*", True),
        ("APPLICATION/JSON", True),
        ("application/problem+json", True),
        ("text/html, application/json", True),
        ("text/html, application/json;q=0.9", False),
        ("text/html;q=0.5, application/json;q=0.9", True),
        ("application/json;q=0", False),
        ("application/json;q=0, */*", False),
        ("application/json;q=much", False),
        (";;;,,q=1", False),
        ("application/json ; q=0.3 , text/*", True),
    ],
)
def test_json_only_for_those_who_name_it(accept, json_wanted):
    assert wants_json(accepting(accept)) is json_wanted


@given(st.text(alphabet="abtexhmljson/*+;=,.q01 ", max_size=60))
def test_any_accept_header_is_read(accept):
    assert wants_json(accepting(accept)) in (True, False)


TEMPLATE = "fragments/problem.html"
DATA = {"problem": {"title": "<script>alert(1)</script>", "status": 422, "detail": "a & b"}, "advice": ""}


def answered(accept, **more):
    req, rep = accepting(accept), falcon.Response()
    answer(req, rep, TEMPLATE, DATA, **more)
    return req, rep


def test_one_dict_becomes_json_or_a_fragment():
    _, rep = answered("application/json", title="Tïtle & more")
    assert json.loads(rep.render_body()) == DATA and rep.content_type == "application/json"
    req, rep = answered("text/html", title="Tïtle & more", status=202)
    assert rep.text.startswith("<title>Tïtle &amp; more</title>")
    assert unquote(rep.get_header("X-Title")) == "Tïtle & more"
    assert "&lt;script&gt;" in rep.text and "<script>" not in rep.text
    assert rep.get_header("Vary") == "Accept, HX-Request" and rep.status == 202
    assert req.env[rendering.RENDER_MS] > 0
    _, rep = answered("text/html")
    assert not rep.text.startswith("<title>") and rep.get_header("X-Title") is None


def test_an_undefined_variable_is_an_error():
    with pytest.raises(UndefinedError):
        render(TEMPLATE, problem={"title": "t"}, advice="")


def test_every_template_of_the_repository_compiles():
    environment = rendering.environment()
    names = environment.list_templates()
    assert TEMPLATE in names
    for name in names:
        environment.get_template(name)


@run
async def test_field_errors_in_both_shapes():
    def mount(app, worker):
        class Resource:
            def on_post(self, req, rep):
                raise FieldError("<b>name</b>", "is <i>wrong</i>")

        app.add_route("/app/x", Resource())

    async with running(mount) as kit:
        answer = await kit.ask("POST", "/app/x")
        reason = "is <i>wrong</i>"
        assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
        problem = answer.json
        assert problem["errors"] == [{"field": "<b>name</b>", "reason": reason}]
        assert (problem["type"], problem["status"], problem["field"]) == ("about:blank", 422, "<b>name</b>")
        answer = await kit.ask("POST", "/app/x", accept="text/html")
        assert answer.status == 422 and "&lt;b&gt;name&lt;/b&gt;" in answer.text
        assert "<i>" not in answer.text and "<title>" not in answer.text and answer.headers["x-title"]


@run
async def test_a_failing_template_is_a_500_and_the_log_has_it():
    def mount(app, worker):
        class Resource:
            def on_get(self, req, rep):
                answer(req, rep, "no/such/template.html", {})

        app.add_route("/app/x", Resource())

    async with running(mount) as kit:
        reply = await kit.ask("GET", "/app/x", accept="text/html")
        assert reply.status == 500 and kit.faults()[0]["error"]["type"] == "TemplateNotFound"
        assert kit.faults()[0]["fault"] in reply.text


@run
async def test_bytes_in_json_are_base64url():
    def mount(app, worker):
        class Resource:
            def on_get(self, req, rep):
                answer(req, rep, TEMPLATE, {"key": b"\xff\xfe", "view": memoryview(b"\0")})

            def on_post(self, req, rep):
                answer(req, rep, TEMPLATE, {"key": object()})

        app.add_route("/app/x", Resource())

    async with running(mount) as kit:
        reply = await kit.ask("GET", "/app/x")
        assert reply.json == {"key": "__4", "view": "AA"}
        assert (await kit.ask("POST", "/app/x")).status == 500


# -- server-sent events -------------------------------------------------------------------------------------------


def parse(stream):
    """Events of a stream by the rules of the HTML standard, 9.2.6."""
    events, event, data = [], "", []
    for line in stream.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line:
            if data:
                events.append((event or "message", "\n".join(data)))
            event, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            event = value
        elif field == "data":
            data.append(value)
    return events


@given(st.lists(st.tuples(st.sampled_from([None, "tick", "a b"]), st.text(max_size=30)), max_size=5))
def test_events_arrive_as_they_were_sent(sent):
    stream = b"".join(sse(event, data) for event, data in sent).decode()
    wanted = [(event or "message", data.replace("\r\n", "\n").replace("\r", "\n")) for event, data in sent]
    assert parse(stream) == wanted


def test_events_of_other_kinds_and_refusals():
    assert sse("e", {"a": "é"}, id="7") == 'event: e\nid: 7\ndata: {"a":"é"}\n\n'.encode()
    assert sse("e", b"x") == b"event: e\ndata: x\n\n"
    for bad in ("a\nb", "a\rb"):
        with pytest.raises(ValueError):
            sse(bad, "x")
        with pytest.raises(ValueError):
            sse("e", "x", id=bad)


# -- filters ------------------------------------------------------------------------------------------------------


@given(st.text(max_size=50))
def test_grouping_escapes_and_loses_nothing(text):
    made = group(text, 4)
    assert made.replace("<wbr>", "").unescape() == text
    assert "<" not in made.replace("<wbr>", "")


def test_values_are_neither_translated_nor_corrected():
    """Page/21: whatever stands in code, output and pre is a value: a page that a browser translates must leave it alone. Fields
    that take such values switch off what a phone does to words."""
    root = Path(__file__).resolve().parents[4]
    for path in sorted((root / "templates").rglob("*.html")):
        for tag in re.findall(r"<(?:code|output|pre|samp)\b[^>]*>", path.read_text()):
            assert 'translate="no"' in tag, f"{path.name}: {tag}"
    macros = (root / "templates/macros/ui.html").read_text()
    assert macros.count("{{ EXACT }}") == 2  # input and textarea
    challenge = (root / "templates/pages/wallet/challenge.html").read_text()
    for field in re.findall(r"ui\.field\([^\n]*\"words\"[^\n]*", challenge):
        assert "exact=true" in field
