"""The notebook's editor, by keyboard and by hand: what is written is coloured, completed, undone, left by Tab, kept; and a notebook
that came in a link is read before it is changed."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Watched, until
from notebookkit import PATH, Notebook
from playwright.sync_api import BrowserContext, Page


def wait(notebook: Notebook, expression: str) -> None:
    """Until an expression in the frame is true."""
    for _ in range(800):
        if notebook.inside(f"() => !!({expression})"):
            return
        notebook.page.wait_for_timeout(25)
    raise AssertionError(f"not so: {expression}: {notebook.inside('() => document.body.innerText')}")


def focused(notebook: Notebook, cell: int) -> str:
    """Whether an editor has the focus, of the cell of that number."""
    return f"[...document.querySelectorAll('form.cell')][{cell}]?.querySelector('.cm-content') === document.activeElement"


def text(notebook: Notebook, number: int = 0) -> str:
    return notebook.inside(f"() => document.querySelectorAll('textarea[name=source]')[{number}].value")


def labels(notebook: Notebook, one: str) -> list[str]:
    """What is offered, once that one is."""
    wait(notebook, f"[...document.querySelectorAll('.cm-tooltip-autocomplete li')].some(each => each.innerText === {one!r})")
    return notebook.frame.locator(".cm-tooltip-autocomplete li").all_inner_texts()


def test_writing(context: BrowserContext, watch: Callable[[Page], Watched], app_url: str) -> None:
    page = context.new_page()
    watch(page)
    page.goto(f"{app_url}{PATH}")
    notebook = Notebook(page).opened()
    editor = notebook.editor()
    editor.wait_for()
    keys = page.keyboard

    # Who cannot see it hears what it is; it is coloured, indents by four, closes brackets, takes back.
    assert [editor.get_attribute(name) for name in ("role", "aria-multiline", "aria-label")] == ["textbox", "true", "Python, cell 1"]
    assert notebook.frame.locator("#tab-keys").text_content() == "Tab leaves the cell, Ctrl+] indents."
    editor.press_sequentially("def f(one, two=2):\nreturn [one")
    assert text(notebook) == "def f(one, two=2):\n    return [one]"
    colours = notebook.inside("() => [...document.querySelectorAll('.cm-line span')].map(each => getComputedStyle(each).color)")
    assert len(set(colours)) > 2, colours
    editor.press("Control+]")
    assert text(notebook).endswith("\n        return [one]")
    editor.press("Control+[")
    for _ in range(6):
        editor.press("Control+z")
    assert text(notebook) == ""
    editor.press("Control+y")
    assert text(notebook).startswith("def f(one")

    # Tab goes on, as everywhere in a page.
    editor.press("Tab")
    wait(notebook, "!document.activeElement.closest('.cm-editor')")
    assert notebook.inside("() => document.activeElement.closest('.tools') !== null")
    assert "\t" not in text(notebook)

    # Run and stay, run and go on, run and add; the cursor leaves a cell at its ends.
    assert notebook.run("class Thing:\n    '''A thing.'''\n    def made(self, size, *, depth=3): pass\nthing = Thing()\nword = 'abc'") == ""
    editor.press("Shift+Enter")
    wait(notebook, focused(notebook, 1))
    assert "\n\n" not in text(notebook), "the key of running wrote a line"
    notebook.editor(1).press_sequentially("# two")
    keys.press("ArrowUp")
    wait(notebook, focused(notebook, 0))
    keys.press("ArrowDown")
    wait(notebook, focused(notebook, 1))
    keys.press("Alt+Enter")
    wait(notebook, focused(notebook, 2))

    # What the interpreter has is offered, also of what is not imported; the call says its parameters.
    keys.type("thing.ma")
    assert labels(notebook, "made") == ["made"]
    page.wait_for_timeout(150)  # for so long an Enter after what has just opened is a new line
    keys.press("Enter")
    keys.type("(")
    wait(notebook, "document.querySelector('.signature')?.innerText === 'made(size, depth=3)'")
    assert notebook.frame.locator(".signature strong").inner_text() == "size"
    keys.type("1, de")
    labels(notebook, "depth=")
    notebook.write("from keri.ap", 2)
    keys.press("Control+Space")
    labels(notebook, "app")
    notebook.write("", 2)
    keys.type("word.spl")
    assert labels(notebook, "split") == ["split", "splitlines"]
    keys.press("Escape")

    # While a cell runs, nothing is asked and nothing hangs: the window's own words are all there are.
    notebook.write("import asyncio\nwhile True: await asyncio.sleep(0.01)", 2)
    keys.press("Control+Enter")
    wait(notebook, "document.querySelectorAll('form.cell[data-running]').length === 1")
    notebook.write("", 1)
    keys.type("thing.ma")
    keys.press("Control+Space")
    notebook.frame.locator("[data-stop]").nth(2).click()
    wait(notebook, "!document.querySelector('form.cell[data-running]')")
    assert notebook.frame.locator(".cm-tooltip-autocomplete li").count() == 0

    # Search is within the cell.
    notebook.write("one two one", 1)
    keys.press("Control+f")
    keys.type("one")
    wait(notebook, "document.querySelectorAll('.cm-searchMatch').length === 2")
    keys.press("Escape")

    # Cells move, turn, go and come back.
    cells = notebook.frame.locator("form.cell")
    cells.nth(1).hover()
    cells.nth(1).locator("[data-up]").click()
    assert text(notebook) == "one two one"
    cells.nth(0).hover()
    cells.nth(0).locator("[data-turn]").click()
    wait(notebook, "document.querySelector('form.cell').dataset.kind === 'markdown'")
    notebook.editor().fill("# Title\n\nwords")
    keys.press("Control+Enter")
    wait(notebook, "'shown' in document.querySelector('form.cell').dataset")
    assert notebook.output() == "Title\n\nwords" and not notebook.editor().is_visible()
    cells.nth(0).locator("[data-edit]").click()
    wait(notebook, focused(notebook, 0))
    assert notebook.editor().get_attribute("aria-label") == "Text, cell 1"
    keys.press("Control+Enter")
    cells.nth(2).hover()
    cells.nth(2).locator("[data-delete]").click()
    wait(notebook, "document.querySelectorAll('form.cell').length === 2")
    keys.press("Enter")
    wait(notebook, "document.querySelectorAll('form.cell').length === 3")
    assert text(notebook, 2).startswith("import asyncio")

    # All of it is what is kept.
    page.wait_for_timeout(400)
    until(page, "document.querySelector('#kept a')")
    kept = page.evaluate("""async () => {
      const { list } = await import('/static/notebook/store.js');
      return JSON.parse((await list())[0].text).cells.map(cell => [cell.cell_type, cell.source.slice(0, 7)]);
    }""")
    assert kept == [["markdown", "# Title"], ["code", "class T"], ["code", "import "]]

    # A phone, in the dark: the same, and nothing wider than it is.
    page.set_viewport_size({"width": 390, "height": 700})
    page.emulate_media(color_scheme="dark")
    assert notebook.inside("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert notebook.inside("() => getComputedStyle(document.querySelector('.cm-editor')).backgroundColor") == "rgb(18, 29, 32)"
    page.set_viewport_size({"width": 1280, "height": 720})

    # A stranger's is read first: it can be run, and is changed when it was made one's own.
    link = page.evaluate("""async () => (await import('/static/notebook/links.js')).pack('Sent', { cells: [
      { cell_type: 'code', source: 'print("ran")' }, { cell_type: 'markdown', source: '*hi*' }] })""")
    page.evaluate("link => { location.hash = link; }", link)
    wait(notebook, "'locked' in document.documentElement.dataset")
    wait(notebook, "document.querySelector('.cm-content[aria-readonly=true]')")
    assert notebook.editor().get_attribute("contenteditable") == "false" and notebook.output() == ""
    assert not notebook.frame.locator("[data-edit], .tools").filter(visible=True).count()
    page.locator("[data-act=try]").click()
    wait(notebook, "document.querySelector('.output').innerText.trim() === 'ran'")
    assert page.locator("#kept li").count() == 1
    page.locator("[data-act=mine]").click()
    until(page, "location.hash.startsWith('#id=') && document.querySelectorAll('#kept li').length === 2")
    wait(notebook, "document.querySelector('.cm-content').getAttribute('contenteditable') === 'true'")
    notebook.editor().press("Control+End")
    keys.type("\n1")
    assert text(notebook) == 'print("ran")\n1'
    assert page.locator("#guest").is_hidden()
