"""The notebook's answers, over the slice alone: cells as fragments, and what is refused."""

from __future__ import annotations

import json

import falcon
import pytest
from falcon import testing
from keriwasm.web import problems
from keriwasm.web.app import Router
from slices import notebook
from slices.notebook import routes


@pytest.fixture
def client() -> testing.TestClient:
    app = falcon.App(router=Router())
    app.req_options.auto_parse_form_urlencoded = False
    problems.handlers(app, None)  # type: ignore[arg-type]
    notebook.mount(app, None)  # type: ignore[arg-type]
    return testing.TestClient(app)


def test_each_route_is_mounted(client: testing.TestClient) -> None:
    for method, pattern, _ in routes.notebook.rows:
        found = client.app._router.find(pattern.replace("{cell}", "c1"))
        assert found is not None and method in found[1], (method, pattern)


def test_a_new_notebook_has_one_cell(client: testing.TestClient) -> None:
    answer = client.simulate_get("/app", headers={"accept": "text/html"})
    assert answer.status_code == 200 and answer.text.count('<form class="cell"') == 1 and 'hx-post="app/run"' in answer.text


def test_text_of_a_cell_is_escaped(client: testing.TestClient) -> None:
    book = {"nbformat": 4, "cells": [{"cell_type": "code", "source": "</textarea><script>x</script>"}]}
    answer = client.simulate_post("/app/open", json={"notebook": json.dumps(book)}, headers={"accept": "text/html"})
    assert answer.status_code == 200 and "<script" not in answer.text and "&lt;/textarea&gt;" in answer.text


def test_markdown_is_set_and_its_markup_escaped(client: testing.TestClient) -> None:
    answer = client.simulate_post("/app/markdown", json={"source": "# Hi\n\n<img src=x onerror=y> [a](javascript:x)"})
    assert "<h1>Hi</h1>" in answer.text and "<img" not in answer.text and "javascript:" not in answer.text


def test_a_file_that_is_none_names_the_field(client: testing.TestClient) -> None:
    answer = client.simulate_post("/app/open", json={"notebook": "{}"}, headers={"accept": "application/json"})
    assert answer.status_code == 422 and "notebook" in answer.text
