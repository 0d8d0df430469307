"""Inputs and a button in a cell's output: shown by the defaults, read with an error that names the field, and called."""

from __future__ import annotations

from typing import Any

import pytest
from keriwasm.web.form.errors import FieldError
from notebookplay import Interpreter, text
from slices.notebook import controls

MADE = """
@controls(mu=1.5, steps=3, name="<b>", loud=True, way=("up", "down"), button="<Go>")
def go(mu, steps, name, loud, way):
    print(mu, steps, name, loud, way)
    return mu * steps
"""
GIVEN = {"mu": "2.5", "steps": "4", "name": "Ä", "loud": False, "way": "1"}


def only(interpreter: Interpreter) -> controls.Panel:
    [panel] = interpreter.session.panels.values()
    return panel


def test_inputs_are_shown_and_the_function_is_called(interpreter: Interpreter) -> None:
    output, pushed = interpreter.run(MADE)
    html = "".join(pushed)
    assert "&lt;Go&gt;" in html and "<b>" not in html and html.count("data-value=") == 5 and "<form" not in html
    assert not [each for each in html.split("<") if " name=" in each], "a cell would be sent with them"
    assert output.items[0]["data"]["text/plain"].startswith("[<Go>] mu=1.5, steps=3")
    called, _ = interpreter.call(only(interpreter).id, GIVEN)
    assert text(called) == "2.5 4 Ä False down\n" and called.items[-1]["data"]["text/plain"] == "10.0"
    assert called.items[-1]["output_type"] == "display_data"


@pytest.mark.parametrize(("field", "value", "reason"), [
    ("mu", "", "must be a number"), ("mu", "nan", "finite"), ("mu", None, "text"), ("steps", "1.5", "whole number"),
    ("steps", "9" * 5000, "whole"), ("name", "x" * 10_001, "10,000"), ("loud", "yes", "yes or no"), ("way", "2", "options"),
])  # fmt: skip
def test_what_does_not_fit_names_the_field(interpreter: Interpreter, field: str, value: Any, reason: str) -> None:
    interpreter.run(MADE)
    with pytest.raises(FieldError) as caught:
        only(interpreter).read(GIVEN | {field: value})
    assert caught.value.field == field and reason in caught.value.reason


def test_what_the_function_raises_is_shown(interpreter: Interpreter) -> None:
    interpreter.run("@controls(x=0)\ndef f(x):\n    return 1 / x")
    called, pushed = interpreter.call(only(interpreter).id, {"x": "0"})
    assert called.items[-1]["ename"] == "ZeroDivisionError"
    assert "<cell 1>" in called.items[-1]["traceback"][1] and "traceback" in pushed[-1]


def test_an_async_function_is_awaited(interpreter: Interpreter) -> None:
    interpreter.run("import asyncio\n@controls()\nasync def f():\n    await asyncio.sleep(0.01)\n    return 7")
    assert interpreter.call(only(interpreter).id, {})[0].items[-1]["data"]["text/plain"] == "7"


def test_a_cell_that_runs_again_has_new_ones(interpreter: Interpreter) -> None:
    interpreter.run(MADE)
    interpreter.run("@controls(x=1)\ndef f(x): pass", cell="c1-p1")
    assert len(interpreter.session.panels) == 2
    interpreter.run(MADE)
    assert len(interpreter.session.panels) == 2
    interpreter.run("1")
    assert [each.cell for each in interpreter.session.panels.values()] == ["c1-p1"]


def test_a_default_that_says_nothing_is_refused(interpreter: Interpreter) -> None:
    output, _ = interpreter.run("@controls(x=None)\ndef f(x): pass")
    assert output.items[-1]["ename"] == "TypeError" and "controls: x must be" in output.items[-1]["evalue"]
