"""What any page of this kind does: what is convenient, never what is needed. An app's own main.py calls `start`.

Here are boot progress, theme, copy buttons, shortcuts, the banner, the marked nav link, focus after a navigation, the timing
line in the corner, drop zones and "3 s ago". Requests, swaps and history are htmx's and the door's business and work without.

Every listener sits on the document and finds its element by closest(), so what a swap brings or takes needs no
wiring, and the number of proxies stays what it is after start. Words and decisions are in words.py, boot progress
and banner in status.py, the kept app in offline.py, the traits of MicroPython's bridge to JavaScript in dom.py.
"""

import js
from page import offline, words
from page.dom import announce, closest, document, find, now_ms, on, plain, root, set_text
from page.status import catch_up, on_connection, on_network, on_status, screen
from pyscript.ffi import create_proxy, to_js

COPIED_MS = 1600
NOTE_MS = 8000
THEME_KEY = "keriwasm-theme"

chord = words.Chord()
parents = {}


# ---------------------------------------------------------------- answers and navigation


def on_swapped(event):
    """What follows a swap: the line under the answer, the marked link, the focus. The door tells of it once it is done."""
    context, answer = event.detail.context, event.detail.answer
    target = context.target
    if isinstance(target, str):  # the answer named another place (HX-Retarget), which htmx leaves as a selector
        target = find(target)
    if not hasattr(target, "querySelector"):
        return
    if answer is not None:
        tell_timing(answer)
    if getattr(target, "id", "") == "main":
        mark_place()
        if navigated(context) or lost(context):
            arrive(target)
    else:
        mark_fields(context.sourceElement, target)


def tell_timing(answer):
    """Writes "2.1 ms in w3 (queued 0.2, run 1.2)" in the corner of the page, which whoever wants to know opens."""
    timings = plain(answer.timings) or {}
    place = find("[data-timing]")
    set_text(place, words.timing_line(timings, plain(answer.workers) or [], timings.get("total")))
    place.parentElement.hidden = False


def navigated(context):
    """Whether a person moved to another page, rather than the first content replacing the boot screen."""
    moved = str(context.push) == "true" or isinstance(getattr(context.hx, "pushurl", None), str)
    return moved or hasattr(context.request.headers, "HX-History-Restore-Request")


def lost(context):
    """Whether what was swapped away took the focus with it: a form whose answer replaces the page it stood in."""
    return document.activeElement.isSameNode(document.body) and not context.sourceElement.isConnected


def arrive(main):
    """Puts the focus where reading starts, as a real page load would, and tells what has just been done."""
    heading = find("h1", main)
    (heading or main).focus(to_js({"preventScroll": True}))
    done = find(".note[role=status]", main)
    if done:
        announce(done.textContent.strip())
        show_note(done)


def show_note(note):
    """What was done stands at the top of the page; who pressed a button further down sees it under the header for a while."""
    header = find(".site-header")
    covered = header.offsetHeight if js.getComputedStyle(header).position == "sticky" else 0
    note.classList.add("fresh")
    note.style.top = f"{covered + 8}px"
    js.setTimeout(lambda: note.classList.remove("fresh"), NOTE_MS)


def mark_fields(form, result):
    """Marks the fields that an error in a form's result names, calls them by their labels, and puts the focus into the first."""
    if not form.matches("form"):
        return
    for field in form.querySelectorAll("[aria-invalid]"):
        field.removeAttribute("aria-invalid")
    first = None
    for name in result.querySelectorAll(".problem .errors code"):
        field = find(f'[name="{js.CSS.escape(name.textContent)}"]', form)
        if not field or field.type == "hidden":
            continue
        field.setAttribute("aria-invalid", "true")
        first = first or field
        call_by_label(name, field)
    if first:
        folded = first.closest("details")
        if folded:
            folded.open = True
        first.focus()


def call_by_label(name, field):
    """In an error a program reads the field's name, a person what stands above the field."""
    label = find(f'label[for="{js.CSS.escape(field.id)}"]')
    if label:
        called = document.createElement("strong")
        called.textContent = label.textContent.strip()
        name.replaceWith(called)


def base_path():
    return js.URL.new(document.baseURI).pathname


def mark_place():
    place = words.current_place(js.location.pathname, base_path(), parents)
    for link in document.querySelectorAll(".site-nav a"):
        if link.getAttribute("href") == place:
            link.setAttribute("aria-current", "page")
        else:
            link.removeAttribute("aria-current")


def abort(element):
    """htmx listens for this event on the element that made the request; the door tells router and worker."""
    element.dispatchEvent(js.CustomEvent.new("htmx:abort"))


def abort_running():
    running = document.querySelectorAll(".htmx-request")
    for index in range(running.length):
        abort(running.item(index))
    if running.length:
        announce("Cancelled")


# ---------------------------------------------------------------- theme, copying, keys, drops, times


def choose_theme(choice):
    if choice == "auto":
        root.removeAttribute("data-theme")
    else:
        root.setAttribute("data-theme", choice)
    root.setAttribute("data-theme-choice", choice)
    label_theme()
    try:
        js.localStorage.setItem(THEME_KEY, choice)
    except Exception as error:  # storage may be forbidden; the choice then lasts as long as the page
        print("The theme cannot be stored:", error)
    announce("Theme: " + choice)


def label_theme():
    choice = root.getAttribute("data-theme-choice") or "auto"
    for button in document.querySelectorAll("[data-theme-toggle]"):
        button.setAttribute("aria-label", "Theme: " + choice)
        button.setAttribute("title", "Theme: " + choice)


def turn_theme():
    choose_theme(words.next_theme(root.getAttribute("data-theme-choice")))


def copy_source(button):
    """What a copy button copies: its own value, the element its selector names, or the value beside it."""
    given = button.getAttribute("data-copy")
    if given and not given.startswith("#"):
        return given
    source = find(given) if given else find("[data-copy-source]", button.closest(".copyable"))
    if not source:
        raise ValueError(f"nothing to copy for data-copy={given!r}")
    return source.value if source.matches("input, textarea, select") else source.textContent


async def copy(button):
    text = copy_source(button)
    try:
        await js.navigator.clipboard.writeText(text)
        done = True
    except Exception:  # no clipboard API here (insecure address) or not allowed: the old way still asks nobody
        done = copy_by_selection(text)
    label = find("[data-copy-text]", button) or button
    before = label.getAttribute("data-before") or label.textContent
    label.setAttribute("data-before", before)
    label.textContent = "Copied" if done else "Press Ctrl+C"
    announce("Copied" if done else "Copying is not allowed here")
    js.setTimeout(lambda: set_text(label, before), COPIED_MS)


def copy_by_selection(text):
    area = document.createElement("textarea")
    area.value = text
    area.className = "visually-hidden"
    document.body.append(area)
    area.select()
    done = document.execCommand("copy")
    area.remove()
    return done


def on_key(event):
    if event.defaultPrevented or event.ctrlKey or event.metaKey or event.altKey:
        return
    if event.isComposing is True or event.keyCode == 229:  # the key is the input method's: Escape closes its list of candidates
        return
    key = event.key
    if not isinstance(key, str) or find("dialog[open]"):
        return
    if key != "Escape" and closest(event, "input, textarea, select, [contenteditable]"):
        return
    action = chord.press(key, now_ms())
    if action is None:
        return
    if action == "cancel":
        abort_running()
        return
    event.preventDefault()
    if action == "help":
        show_help()
    elif action == "theme":
        turn_theme()
    elif action == "focus":
        field = find("main [data-filter]") or find("main :is(input:not([type=hidden]), textarea, select)")
        if field:
            field.focus()
    else:
        link = find(f'.site-nav a[href="{action[1]}"]')
        if link:
            link.click()


def show_help():
    dialog = find("#help")
    if not dialog.open:
        dialog.showModal()


async def on_click(event):
    button = closest(event, "[data-copy], [data-cancel], [data-theme-toggle], [data-help], [data-skip], dialog")
    if not button:
        return
    if button.hasAttribute("data-copy"):
        await copy(button)
    elif button.hasAttribute("data-cancel"):
        form = find(button.getAttribute("data-cancel"))
        if form:
            abort(form)
            # The Cancel button goes, and must not take the focus along: hands.js gives it to the other one.
            announce("Cancelled")
    elif button.hasAttribute("data-theme-toggle"):
        turn_theme()
    elif button.hasAttribute("data-help"):
        show_help()
    elif button.hasAttribute("data-skip"):
        # A link to "#main" would leave the page: <base> makes it an address of its own.
        main = find("#main")
        main.focus()
        main.scrollIntoView()
    elif event.target == button:
        button.close()  # a click on the backdrop counts as one on the dialog itself


def has_files(event):
    transfer = event.dataTransfer
    return bool(transfer) and transfer.types.includes("Files")


def on_drag(event):
    if not has_files(event):
        return
    event.preventDefault()  # also outside of a zone: a stray drop must not replace the page
    zone = closest(event, "[data-drop]")
    event.dataTransfer.dropEffect = "copy" if zone else "none"
    light(zone)


def on_drag_leave(event):
    if not event.relatedTarget:  # left the window
        light(None)


def light(zone):
    for other in document.querySelectorAll(".drop.over"):
        if not zone or not other.isSameNode(zone):
            other.classList.remove("over")
    if zone:
        zone.classList.add("over")


def on_drop(event):
    if not has_files(event):
        return
    event.preventDefault()
    light(None)
    zone = closest(event, "[data-drop]")
    field = find(zone.getAttribute("data-drop")) if zone else None
    if field:
        give_files(zone, field, event.dataTransfer)


def on_paste(event):
    """Files that were pasted, where the page has one box that takes such; text goes where it always does."""
    zone = find("[data-drop][data-paste]")
    if zone and event.clipboardData and event.clipboardData.files.length:
        event.preventDefault()
        give_files(zone, find(zone.getAttribute("data-drop")), event.clipboardData)


def give_files(zone, field, transfer):
    files, folder = transfer.files, folder_in(transfer)
    if folder or (files.length > 1 and not field.multiple):
        tell_files(zone, field, words.folder(folder) if folder else words.ONE_FILE)
        return
    field.files = files
    field.dispatchEvent(js.Event.new("change", to_js({"bubbles": True})))
    announce(f"{files.length} files" if files.length > 1 else "1 file")


def folder_in(transfer):
    """The name of a folder among what was dropped, or "". A browser lists it as a file that nobody can read."""
    for index in range(transfer.items.length):
        item = transfer.items[index]
        entry = item.webkitGetAsEntry() if item.kind == "file" else None
        if entry and entry.isDirectory:
            return entry.name
    return ""


def on_change(event):
    """Files that were chosen: what is too much to be sent is told now, not after it was read."""
    zone = closest(event, "[data-drop]")
    field = find(zone.getAttribute("data-drop")) if zone else None
    if field and field.isSameNode(event.target):
        most, total = int(zone.getAttribute("data-most")), 0
        for index in range(field.files.length):
            chosen = field.files[index]
            beyond = chosen.slice(most, most + 1).size  # a size past 31 bits would arrive here cut off
            total += most + 1 if beyond else chosen.size
        tell_files(zone, field, words.too_large(field.files.length, total, most))


def on_pick(event):
    """A box that stands for a line of a text area: it is put there, or taken out."""
    box = closest(event, "[data-line]")
    field = find(box.getAttribute("data-line")) if box else None
    if field:
        field.value = words.with_line(field.value, box.value, box.checked)


def tell_files(zone, field, trouble):
    """Says what is wrong with the files of a field, which then holds none; "" takes that back."""
    place = find("[data-drop-error]", zone)
    set_text(place, trouble)
    place.hidden = not trouble
    if trouble:
        field.value = ""
        announce(trouble)


def tell_times():
    if document.hidden:
        return
    now = now_ms()
    times = document.querySelectorAll("time[data-ago]")
    for index in range(times.length):
        element = times.item(index)
        set_text(element, words.ago(float(element.getAttribute("data-ago")), now))


def start(places, **more):
    """places: where the second key of "g x" leads, relative to the base; more: first segments of addresses that belong to a
    place with another name."""
    chord.places = places
    parents.update(more)
    on(document, "keriwasm:status", on_status)
    on(document, "keriwasm:connection", on_connection)
    on(document, "keriwasm:swapped", on_swapped)
    on(document, "click", on_click)
    on(document, "keydown", on_key)
    on(document, "dragover", on_drag)
    on(document, "dragleave", on_drag_leave)
    on(document, "drop", on_drop)
    on(document, "paste", on_paste)
    on(document, "change", on_change)
    on(document, "change", on_pick)
    on(js.window, "online", on_network)
    on(js.window, "offline", on_network)
    offline.start()
    js.setInterval(create_proxy(tell_times), 1000)
    label_theme()
    mark_place()
    if not js.navigator.onLine:
        on_network(None)
    # Python starts after the door: what was told meanwhile is kept there.
    if js.Reflect.has(js.window, "keriwasm"):
        catch_up(plain(js.window.keriwasm.status) or {}, plain(js.window.keriwasm.connection) or {})
    js.setTimeout(create_proxy(screen.look_private), 0)
    root.setAttribute("data-page", "ready")
