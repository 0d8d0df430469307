"""`input()` in a cell: a field with the prompt as its label, the answer in the output, an end, Stop, and who cannot ask."""

from __future__ import annotations

from notebookplay import Interpreter, text


def test_a_prompt_is_a_label_and_the_answer_is_shown(interpreter: Interpreter) -> None:
    output, pushed = interpreter.run("x = input('<Name>? ')\nprint(x)", "line:Änne")
    assert text(output) == "<Name>? Änne\nÄnne\n"
    field = next(html for html in pushed if "data-answer" in html)
    assert '<label for="ask-c1">&lt;Name&gt;?</label>' in field and 'type="text"' in field
    assert "data-answer" not in pushed[-1]


def test_a_secret_is_not_shown(interpreter: Interpreter) -> None:
    output, pushed = interpreter.run("import getpass\nprint(len(getpass.getpass('PIN: ')))", "line:1234")
    assert text(output) == "PIN: \n4\n" and not [html for html in pushed if "1234" in html]
    assert any('type="password"' in html for html in pushed)


def test_the_end_of_input(interpreter: Interpreter) -> None:
    output, _ = interpreter.run("import sys\nprint(sys.stdin.read())\ninput()", "line:a", "line:b", "end", "end")
    assert text(output) == "a\nb\n\na\nb\n\n\n" and output.items[-1]["ename"] == "EOFError"


def test_stop_ends_it(interpreter: Interpreter) -> None:
    output, _ = interpreter.run("input('?')\nprint('on')", "stop")
    assert output.items[-1]["ename"] == "KeyboardInterrupt" and "on" not in text(output)


def test_who_cannot_be_answered_is_told_why(interpreter: Interpreter) -> None:
    output, _ = interpreter.run("input()", "none")
    assert output.items[-1]["ename"] == "RuntimeError" and "shared memory" in output.items[-1]["evalue"]


def test_a_line_in_pieces(interpreter: Interpreter) -> None:
    output, _ = interpreter.run("import sys\nprint([sys.stdin.read(2), sys.stdin.readline(), sys.stdin.readline()])", "line:abcd", "end")
    assert text(output).endswith("['ab', 'cd\\n', '']\n")
