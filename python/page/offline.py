"""What the page says of the kept app, of its role among tabs, and the request for persistent storage."""

import js
from page import words
from page.dom import announce, closest, document, find, on, plain, set_text
from pyscript.ffi import create_proxy


def on_offline(event):
    draw(plain(event.detail) or {})


def draw(report):
    text, label = words.offline_note(report)
    set_text(find("[data-offline-note]"), text)
    button = find("[data-keep]")
    set_text(button, label)
    button.hidden = not label


async def show_identity(*_):
    """On the pool page: the number of this version, and whether updates are asked for first."""
    place = find("#release")
    if not place or not js.Reflect.has(js.window, "keriwasm"):
        return
    told = plain(await js.window.keriwasm.offline.identity())
    if not place.isConnected:
        return  # another page came meanwhile
    known = told["release"] != ""
    place.hidden = not known
    find("#release-none").hidden = known
    set_text(find("[data-copy-source]", place), told["release"])
    set_text(find("[data-release-size]", place), words.release_size(told["files"], told["bytes"]))
    switch = find("#ask-first")
    switch.checked = told["ask"]
    switch.disabled = not told["kept"]


async def on_change(event):
    switch = closest(event, "#ask-first")
    if switch:
        await js.window.keriwasm.offline.askFirst(switch.checked)
        announce(words.ask_first(switch.checked))


def on_role(event):
    draw_role(plain(event.detail) or {})


def draw_role(status):
    note = words.role_note(status.get("role"), status.get("ignored"))
    place = find("[data-role-note]")
    place.hidden = not note
    set_text(place, note)


async def persist():
    """Only a page may ask, and only a person's click makes some browsers ask in turn. The event lets fragments reload."""
    granted = await js.navigator.storage.persist()
    text = words.persistence(granted)
    for place in document.querySelectorAll("[data-persist-result]"):
        set_text(place, text)
    announce(text)
    document.dispatchEvent(js.CustomEvent.new("keriwasm:persisted"))


async def on_click(event):
    button = closest(event, "[data-keep], [data-lead], [data-persist], [data-retry]")
    if not button:
        return
    if button.hasAttribute("data-keep"):
        js.window.keriwasm.offline.look()
    elif button.hasAttribute("data-retry"):
        js.window.keriwasm.offline.retry()
    elif button.hasAttribute("data-lead"):
        js.window.keriwasm.lead()
    else:
        await persist()


def start():
    on(document, "keriwasm:offline", on_offline)
    on(document, "keriwasm:status", on_role)
    on(document, "click", on_click)
    on(document, "change", on_change)
    on(document, "keriwasm:swapped", show_identity)
    on(document, "keriwasm:offline", show_identity)
    # Python starts after the door: what was told meanwhile is kept there.
    if js.Reflect.has(js.window, "keriwasm"):
        draw(plain(js.window.keriwasm.offline.report) or {})
        draw_role(plain(js.window.keriwasm.status) or {})
        js.setTimeout(create_proxy(show_identity), 0)
