"""`input()` in a cell: a field with the prompt as its label, the answer in the output, an end, Stop, and who cannot ask."""

from __future__ import annotations

import asyncio
import getpass
import sys
from typing import Any

import pytest
from slices.notebook.output import Output
from slices.notebook.session import Session


class Host:
    """Answers as host.line() does, from a list."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    def interruptible(self, on: bool) -> None:
        pass

    def line(self) -> str:
        return self.answers.pop(0)


class Worker:
    doist = None

    def __init__(self, host: Host) -> None:
        self.host = host


def run(monkeypatch: pytest.MonkeyPatch, source: str, *answers: str) -> tuple[Output, list[str]]:
    """A cell's output and what was pushed to the page."""
    # What a session changes in its interpreter is put back.
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    monkeypatch.setattr(getpass, "getpass", getpass.getpass)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    for name in ("IPython", "IPython.display"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    pushed: list[str] = []

    async def whole() -> Any:
        steps = Session(Worker(Host(*answers))).run("c1", source, lambda html: pushed.append(str(html)))  # type: ignore[arg-type]
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                return stop.value

    return asyncio.run(whole()), pushed


def text(output: Output) -> str:
    return "".join(item.get("text", "") for item in output.items)


def test_a_prompt_is_a_label_and_the_answer_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    output, pushed = run(monkeypatch, "x = input('<Name>? ')\nprint(x)", "line:Änne")
    assert text(output) == "<Name>? Änne\nÄnne\n"
    field = next(html for html in pushed if "data-answer" in html)
    assert '<label for="ask-c1">&lt;Name&gt;?</label>' in field and 'type="text"' in field
    assert "data-answer" not in pushed[-1]


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    output, pushed = run(monkeypatch, "import getpass\nprint(len(getpass.getpass('PIN: ')))", "line:1234")
    assert text(output) == "PIN: \n4\n" and not [html for html in pushed if "1234" in html]
    assert any('type="password"' in html for html in pushed)


def test_the_end_of_input(monkeypatch: pytest.MonkeyPatch) -> None:
    output, _ = run(monkeypatch, "import sys\nprint(sys.stdin.read())\ninput()", "line:a", "line:b", "end", "end")
    assert text(output) == "a\nb\n\na\nb\n\n\n" and output.items[-1]["ename"] == "EOFError"


def test_stop_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    output, _ = run(monkeypatch, "input('?')\nprint('on')", "stop")
    assert output.items[-1]["ename"] == "KeyboardInterrupt" and "on" not in text(output)


def test_who_cannot_be_answered_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    output, _ = run(monkeypatch, "input()", "none")
    assert output.items[-1]["ename"] == "RuntimeError" and "shared memory" in output.items[-1]["evalue"]


def test_a_line_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    output, _ = run(monkeypatch, "import sys\nprint([sys.stdin.read(2), sys.stdin.readline(), sys.stdin.readline()])", "line:abcd", "end")
    assert text(output).endswith("['ab', 'cd\\n', '']\n")
