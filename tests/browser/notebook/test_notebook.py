"""The notebook in a page: cells run, stop, are kept and shared; and what runs in them gets at nothing of the app's."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path

import judges
import pytest
from conftest import ROOT, Watched, until
from notebookkit import CHANNEL, HTML_ESCAPES, PATH, WALLS, Notebook, escapes, listening
from notebookplay import wheel
from playwright.sync_api import BrowserContext, Page


@pytest.fixture
def notebook(context: BrowserContext, watch: Callable[[Page], Watched], app_url: str) -> Iterator[Notebook]:
    page = context.new_page()
    watched = watch(page)
    watched.allow("Executing inline script violates")  # of what a cell shows
    watched.allow("violates the following Content Security Policy|Refused to")  # of what tries to get out
    watched.allow("w1 is replaced: it did not let go")
    page.goto(f"{app_url}{PATH}")
    yield Notebook(page).opened()


EXAMPLES = {
    "keripy": ["the delegate alone: False", "with its delegator: True", "one identifier: True - the first history stands: True",
               "this: True - another text: False", "state: iss", "and now: rev", "weights"],
    "crypto": ["the other text is refused", "valid: True", "another text is valid: False", "b'for you alone'", "(1088, True)"],
    "doers": ["done: True at"],
    "pool": ["worker w1", "a loop without end takes too long; replaced", "the last = 42", "workers that were made: 3"],
    "plots": ["Bars"],
}

PURE = ("keripy", "doers")
"""Those that need nothing of a browser: Jupyter runs them too, with the same outputs."""

NO_EDITOR = """{
  const own = self.fetch;
  self.fetch = (url, options) => String(url).includes('/codemirror/')
    ? Promise.resolve(new Response('', {status: 404})) : own(url, options);
}"""

LISTEN = f"""() => {{
  globalThis.overheard = [];
  new BroadcastChannel('{CHANNEL}').onmessage = event => {{ overheard.push(event.data); }};
}}"""


def test_a_notebook(
    notebook: Notebook, context: BrowserContext, app_url: str, watch: Callable[[Page], Watched], tmp_path: Path
) -> None:
    """One page carries it: a start costs most."""
    page = notebook.page
    assert notebook.run("1 + 1") == "2"
    assert notebook.run("x = 41; print('<b>', end='')") == "<b>"
    assert notebook.run("import asyncio\nawait asyncio.sleep(0.01)\nx + 1") == "42"
    text = notebook.run("def f():\n    return 1 / 0\nf()")
    assert text.startswith("Traceback") and 'line 2, in f' in text and text.endswith("ZeroDivisionError: division by zero")
    aid = notebook.run("from keri.app import habbing\nwith habbing.openHby(name='n', temp=True) as hby:\n    print(hby.makeHab('a').pre)")
    assert len(aid) == 44 and aid[0] == "E"
    html = "<em>hi</em><script>document.title=1</script><a href='javascript:document.title=1'>!</a>"
    assert notebook.run(f"from IPython.display import HTML\nHTML({html!r})") == "hi!"

    # What is written is seen while the cell runs, and a cell that never ends is ended: its names stay.
    notebook.begin("print('first')\nwhile True: pass")
    for _ in range(400):
        if notebook.output() == "first":
            break
        page.wait_for_timeout(25)
    assert notebook.output() == "first"
    notebook.frame.locator("[data-stop]").click()
    notebook.wait(0)
    assert "Stopped" in notebook.output()
    assert notebook.run("x") == "41"

    # A cell asks: its prompt is the field's label; the answer, none, and Stop.
    notebook.begin("name = input('Your name: ')\nprint('Hello', name)")
    notebook.asked("Your name:").fill("Ä <b>")
    notebook.asked("Your name:").press("Enter")
    notebook.wait(0)
    assert notebook.output() == "Your name: Ä <b>\nHello Ä <b>"
    notebook.begin("import getpass, sys\nsecret = getpass.getpass()\nprint(len(secret))\nlist(sys.stdin)")
    assert notebook.asked("Password:").get_attribute("type") == "password"
    notebook.asked("Password:").fill("hidden")
    notebook.frame.get_by_role("button", name="Enter").click()
    notebook.asked("Input").fill("one")
    notebook.asked("Input").press("Enter")
    notebook.asked("Input")
    notebook.frame.get_by_role("button", name="End of input").click()
    notebook.wait(0)
    assert notebook.output() == "Password: \n6\none\n\n['one\\n']"
    notebook.begin("try:\n    input('On? ')\nexcept EOFError:\n    print('none')\ninput('And now? ')")
    notebook.asked("On?")
    notebook.frame.get_by_role("button", name="End of input").click()
    notebook.asked("And now?")
    notebook.frame.locator("[data-stop]").click()
    notebook.wait(0)
    assert "none" in notebook.output() and "What the cell had done is still there" in notebook.output()
    assert notebook.run("name") == "'Ä <b>'"

    # Text without end is bounded, and the page goes on.
    text = notebook.run("for n in range(60_000): print(n, 'x' * 90)")
    assert "characters are left out here" in text and "59999 x" in text and "Show all of it" in text
    assert len(text) < 200_000

    # One that catches everything costs the interpreter, which is said.
    notebook.begin("while True:\n    try:\n        while True: pass\n    except BaseException: pass")
    notebook.frame.locator("[data-stop]").click()
    notebook.wait(0)
    until(page, "document.querySelector('#note').textContent.includes('started anew')")
    assert "NameError" in notebook.run("x")

    # A wheel of one's own: chosen outside, or inside and refused with the reason.
    name, content = wheel("my-thing", "1.0", {"mything/__init__.py": "def answer():\n    return 42"}, needs=("not-there>=2",))
    page.locator("#file").set_input_files({"name": name, "mimeType": "application/zip", "buffer": content})
    placed = notebook.frame.locator("#packages-result")
    placed.get_by_text("my-thing 1.0").wait_for()
    assert hashlib.sha256(content).hexdigest() in placed.inner_text() and "not-there>=2" in placed.inner_text()
    assert notebook.run("import mything; mything.answer()") == "42"
    native = {"name": "x-1.0-cp314-cp314-linux_x86_64.whl", "mimeType": "application/zip", "buffer": b"x"}
    notebook.frame.locator("#packages-file").set_input_files(native)
    placed.get_by_text("only pure Python (none-any) runs here").wait_for()

    # Nothing of the app's, of this origin's or of anybody's is in reach.
    page.evaluate(LISTEN)
    got = json.loads(notebook.run(escapes(app_url)))
    assert page.evaluate("overheard") == []
    assert not {name: what for name, what in got.items() if what.startswith("got")}, got
    for name, (expression, wanted) in WALLS.items():
        assert notebook.inside(f"() => {expression}") == wanted, name
    with listening() as (port, came):
        assert notebook.run(HTML_ESCAPES % {"port": port}) == "before\n\nafter"
        notebook.frame.get_by_role("link", name="after").click()
        notebook.frame.get_by_text(f"This link leads to http://127.0.0.1:{port}/").wait_for()
        page.wait_for_timeout(1000)  # for a line that would be opened
        assert not came() and notebook.output() == "before\n\nafter"

    # What is written is kept, and found again; and as a link it runs nothing by itself.
    page.locator("#title").fill("Mine")
    notebook.run("6 * 7")
    until(page, "location.hash.startsWith('#id=')")
    until(page, "document.querySelector('#kept').textContent.includes('Mine')")
    page.wait_for_timeout(500)
    page.reload()
    notebook.opened()
    assert notebook.frame.locator("textarea").input_value() == "6 * 7" and notebook.output() == "42"

    # Each example runs green, from its first cell to its last.
    for name, shown in EXAMPLES.items():
        page.evaluate(f"location.hash = 'example={name}'")
        heading = (ROOT / "static/notebook/examples" / f"{name}.py").read_text().split("\n")[1].removeprefix("# ")
        notebook.shows(heading)
        notebook.run_all()
        text = notebook.inside("() => document.querySelector('#cells').innerText")
        book = judges.valid(notebook.saved())
        assert [cell.execution_count for cell in book.cells if cell.cell_type == "code"], name
        if name in PURE:
            assert judges.outputs(judges.run(book, tmp_path)) == judges.outputs(book), name
        assert "Traceback" not in text and not [words for words in shown if words not in text], (name, text)

    # The last of them has two inputs and a button, which calls Python again.
    panel = notebook.frame.locator(".controls")
    panel.get_by_label("mu").fill("3")
    panel.get_by_label("sigma").fill("0.5")
    panel.get_by_role("button", name="Plot").click()
    panel.locator("img").wait_for()
    assert "sigma = 0.5" in b64decode((panel.locator("img").get_attribute("src") or "").partition(",")[2]).decode()
    panel.get_by_label("sigma").fill("")
    panel.get_by_label("sigma").press("Enter")
    panel.get_by_text("sigma: must be a number").wait_for()
    panel.get_by_label("sigma").fill("-1")
    panel.get_by_label("sigma").press("Enter")
    panel.get_by_text("ValueError: sigma must be more than 0").wait_for()

    link = page.evaluate("""async () => {
      const { pack } = await import('/static/notebook/links.js');
      return pack('Sent', { cells: [{ cell_type: 'code', source: 'print("ran")' }] });
    }""")
    guest = context.new_page()
    watch(guest)
    guest.add_init_script(NO_EDITOR)
    guest.goto(f"{app_url}{PATH}#{link}")
    other = Notebook(guest).opened()
    assert other.frame.locator("textarea").input_value() == 'print("ran")' and other.output() == ""
    assert "nothing of it has run" in guest.locator("#guest").inner_text()
    # Its editor did not come, which is said: then cells are plain fields, that cannot be written in before it is one's own.
    assert "The editor could not be loaded" in other.frame.locator("#plain").inner_text()
    assert other.frame.locator("textarea").is_visible() and not other.frame.locator("textarea").is_editable()
    other.run_all()
    assert other.output() == "ran"
    guest.locator("[data-act=mine]").click()
    other.frame.locator("textarea").fill("6 * 7")
    other.frame.locator("textarea").press("Control+Enter")
    other.frame.get_by_text("42", exact=True).wait_for()
