"""A notebook's file, a stranger's perhaps: cells, or an error that says where."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from keriwasm.web.form.errors import FieldError
from slices.notebook import cells


def book(*made: Any, **more: Any) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(made), **more})


def code(source: Any, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None, **more}


def test_a_file_of_jupyter_is_read() -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}]
    first = code(["x = 1\n", "x"], id="abc", outputs=outputs, execution_count=3)
    found = cells.read(book(first, {"cell_type": "markdown", "source": "# Hi"}))
    assert (found[0].id, found[0].kind, found[0].source, found[0].count) == ("abc", "code", "x = 1\nx", 3)
    assert found[1].kind == "markdown" and cells.ID.fullmatch(found[1].id)
    assert found[0].shown == '<span class="stdout">a\nb</span>'


@pytest.mark.parametrize(("text", "reason"), [
    ("", "is no notebook file"),
    ("[]", "no list of cells"),
    ('{"nbformat": 3, "cells": []}', "is of nbformat 3"),
    (book(7), "cell 1 is no object"),
    (book(code("x"), {"cell_type": "heading"}), "cell 2 is of type 'heading'"),
    (book(code(5)), "cell 1: its source"),
    (book(code("x" * 200_001)), "cell 1: its source"),
    (book(*[code("")] * 501), "has 501 cells"),
    (book(code("x", outputs=5)), "cell 1: its outputs must be a list"),
    (book(code("x", outputs=[7])), "cell 1, output 1 is no object"),
    (book(code("x", outputs=[{"output_type": "pyout"}])), "cell 1, output 1 is of type 'pyout'"),
    (book(code("x", outputs=[{"output_type": "stream", "text": 5}])), "cell 1, output 1: its text"),
    (book(code("x", outputs=[{"output_type": "display_data", "data": "none"}])), "cell 1, output 1: its data"),
    (book(code("x", outputs=[{"output_type": "display_data", "data": {"text/html": 5}}])), "output 1: its text/html must be text"),
    (book(code("x", outputs=[{"output_type": "error", "traceback": [5]}])), "cell 1, output 1: its traceback"),
    ("[" * 100_000, "is no notebook file"),
])  # fmt: skip
def test_what_is_none_says_why(text: str, reason: str) -> None:
    with pytest.raises(FieldError) as caught:
        cells.read(text)
    assert reason in caught.value.reason


def test_two_cells_never_share_an_id() -> None:
    found = cells.read(book(code("a", id="same"), code("b", id="same"), code("c", id='"><script>')))
    assert len({cell.id for cell in found}) == 3
    assert all(cells.ID.fullmatch(cell.id) for cell in found)


def test_outputs_of_a_stranger_are_escaped_or_framed() -> None:
    outputs = [
        {"output_type": "stream", "name": '"><script>', "text": "<script>x</script>"},
        {"output_type": "error", "traceback": ["<img onerror=x>"]},
        {"output_type": "display_data", "data": {"image/png": '"><script>'}},
    ]
    html = str(cells.outputs_html(outputs))
    assert "<script" not in html and "<img onerror" not in html


def test_outputs_of_another_program_stay_valid() -> None:
    """What nbformat's own judge accepts is read, and what is kept of it is accepted again."""
    forms = {"text/plain": ["1"], "application/json": {"a": [1]}}
    outputs = [
        {"output_type": "stream", "name": "stderr", "text": ["a", "b"]},
        {"output_type": "execute_result", "execution_count": 2, "metadata": {}, "data": forms},
        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []},
    ]
    text = book(code("x", id="one", outputs=outputs, execution_count=2))
    nbformat.validate(nbformat.reads(text, as_version=4))
    kept = cells.read(text)[0].outputs
    nbformat.validate(nbformat.reads(book(code("x", id="one", outputs=kept, execution_count=2)), as_version=4))
    assert kept[1]["data"] == {"text/plain": "1", "application/json": {"a": [1]}}


def test_outputs_that_are_left_out_are_said() -> None:
    many = [{"output_type": "stream", "name": "stdout", "text": "x"}] * 150
    kept = cells.read(book(code("x", outputs=many)))[0].outputs
    assert len(kept) == 101 and kept[-1]["text"] == "(50 more outputs are left out)\n"
