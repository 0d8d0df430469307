"""What the page shows of the runtime's state: boot screen, slim bar, header chip, the banner under the header."""

import js
from page import words
from page.dom import document, find, now_ms, plain, set_progress, set_text
from pyscript.ffi import create_proxy

# Progress events come faster than anyone reads; the screen is brought up to date this often at most.
REDRAW_MS = 120

# How long news that asks for nothing stands.
NEWS_MS = 15000


class Screen:
    """Boot screen, slim bar and header chip, drawn from the newest status."""

    def __init__(self):
        self.status = {}
        self.timer = None
        self.drawn = 0
        self.redraw = create_proxy(self.draw)
        self.private = False

    def take(self, status):
        self.status = status
        if self.timer is None:
            wait = REDRAW_MS - (now_ms() - self.drawn)
            self.timer = js.setTimeout(self.redraw, int(max(0, wait)))

    def draw(self, *_):
        self.timer = None
        self.drawn = now_ms()
        status = self.status
        self.draw_chip(status)
        shown = words.boot(status)
        bar = find("[data-boot-bar]")
        set_progress(bar, shown["percent"])
        if find("#boot"):
            set_progress(find("#boot-progress"), shown["percent"])
            set_text(find("#boot-text"), shown["text"])
            set_text(find("#boot-trouble"), shown["trouble"])
            find("#boot-trouble").hidden = not shown["trouble"]
            self.draw_workers(shown["workers"])
        refused = status.get("refused")
        offered = js.Reflect.has(js.navigator, "serviceWorker")
        note = words.browser_note(status.get("missing"), offered, refused, self.private)
        place = find("[data-browser-note]")
        place.hidden = not note
        set_text(place, note)
        self.draw_network(status.get("network"))

    def draw_network(self, told):
        if not find('[data-network="on"]'):
            return  # a page that a server answers: its foot says something else (static/page/served.js)
        text, last = words.network(told)
        find('[data-network="off"]').hidden = bool(text)
        find('[data-network="on"]').hidden = not text
        set_text(find("[data-network-allowed]"), text)
        when = find("[data-network-last]")
        when.hidden = not last
        if last:
            time = find("time", when)
            time.setAttribute("data-ago", str(int(last)))
            set_text(time, words.ago(last, now_ms()))

    async def look_private(self, *_):
        """Firefox keeps files from its private windows, and nothing else tells them from others."""
        storage = js.navigator.storage if js.Reflect.has(js.navigator, "storage") else None
        if storage and js.Reflect.has(storage, "getDirectory"):
            try:
                await storage.getDirectory()
            except Exception as error:  # any other reason says nothing about the window
                self.private = "SecurityError" in str(error)
                self.draw()

    def draw_chip(self, status):
        text, kind = words.chip(status.get("state"), status.get("ready") or 0, status.get("size") or 0)
        set_text(find("[data-pool-chip]"), text)
        find("#pool-chip").setAttribute("data-kind", kind)

    def draw_workers(self, workers):
        """One tile per worker, changed in place: replacing them would make screen readers start anew."""
        place = find("#boot-workers")
        while place.childElementCount > len(workers):
            place.lastElementChild.remove()
        while place.childElementCount < len(workers):
            tile = document.createElement("li")
            name = document.createElement("strong")
            state = document.createElement("span")
            tile.append(name, state)
            place.append(tile)
        tile = place.firstElementChild
        for worker, text, kind in workers:
            tile.className = "tile " + kind
            set_text(tile.firstElementChild, worker)
            set_text(tile.lastElementChild, text)
            tile = tile.nextElementSibling


class Banner:
    """The line under the header about the connection to the runtime."""

    def __init__(self):
        self.state = "ok"
        self.emptied = False
        self.offer = None  # of a new version, or that it was given up: it comes back after other news

    def follow(self, ready):
        """Hides "restarting" and "takeover" once the new router has workers. The old one's last status may still come: it
        has them all, so that only a pool that was seen empty meanwhile counts as the new one."""
        if self.state not in ("restarting", "takeover"):
            return
        if not ready:
            self.emptied = True
        elif self.emptied:
            self.show("ok")

    def show(self, state, reason=""):
        if state in ("update", "given-up"):
            self.offer = state, reason
        elif state == "ok" and self.offer is not None:
            state, reason = self.offer
        text, kind, reload_offered = words.banner(state, reason)
        self.state = state if text else "ok"
        self.emptied = False
        element = find("#banner")
        set_text(find("[data-banner-text]"), text)
        find("[data-reload]", element).hidden = not reload_offered
        find("[data-lead]", element).hidden = state != "retired"
        find("[data-retry]", element).hidden = state != "given-up"
        element.className = "banner " + kind
        element.hidden = not text

    def forget(self, *_):
        """News that asks for nothing goes by itself."""
        if self.state == "robbed":
            self.show("ok")


screen = Screen()
banner = Banner()
forget = create_proxy(banner.forget)


def on_status(event):
    status = plain(event.detail) or {}
    screen.take(status)
    banner.follow(status.get("ready") or 0)


def on_connection(event):
    take_connection(plain(event.detail) or {})


def catch_up(status, connection):
    """What was told before Python was there: how the pool is, and news that have not passed meanwhile."""
    screen.take(status)
    if connection.get("state") not in (None, "restarting", "takeover"):
        take_connection(connection)


def take_connection(detail):
    state, reason = detail.get("state"), detail.get("reason") or ""
    if state == "failed" and find("#boot"):
        return  # the boot screen says it, with what to do; twice would be noise
    banner.show(state, reason)
    if state == "robbed":
        js.setTimeout(forget, NEWS_MS)


def on_network(_):
    if js.navigator.onLine:
        if banner.state == "offline":
            banner.show("ok")
    elif banner.state == "ok":
        banner.show("offline")
