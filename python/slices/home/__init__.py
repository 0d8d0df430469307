"""The home page's own part of the fan-out: what this is, and where its three kinds of people go from here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import falcon
from keriwasm.runtime import context
from keriwasm.web.deeds import Resource
from keriwasm.web.rendering import answer

OFFLINE = (
    "Once the page has loaded, everything on it: the workers compute without a network, nothing is asked of another server "
    "unless you turn the network on, and no account stands behind it. Starting anew without a network works only while "
    "this browser’s own cache still holds the runtime."
)

SERVED = "Nothing: a server computes every answer, and sees what is sent to it."


@dataclass(frozen=True)
class Entry:
    """A way into the app for one kind of person.

    Attributes:
        slice: the slice it leads to; offered only where a worker has that slice
        title, text, action: what the card says; action is the words of its link
        href: relative to the base
    """

    slice: str
    icon: str
    title: str
    text: str
    action: str
    href: str


# For each kind of person the best way first; the first one whose slice is here is offered.
WAYS = (
    (
        Entry(
            "wallet",
            "wallet",
            "Keep identifiers",
            "Make KERI identifiers, rotate their keys, sign with them. Keys are stored encrypted, on this device only.",
            "Open the wallet",
            "app/wallet",
        ),
        Entry(
            "crypto",
            "shield",
            "Sign, verify, seal",
            "Make an Ed25519 key pair, sign a message, check somebody’s signature, or seal a secret for one reader.",
            "Open crypto",
            "app/crypto",
        ),
    ),
    (
        Entry(
            "load",
            "gauge",
            "Measure post-quantum crypto",
            "Run ML-KEM, ML-DSA and hundreds of other schemes on one worker or on all, and see how far it scales.",
            "Open the bench",
            "app/load",
        ),
        Entry(
            "pq",
            "gauge",
            "Try post-quantum crypto",
            "ML-KEM, ML-DSA and hundreds of other schemes of liboqs: sizes, levels, and what each step takes here.",
            "Open post-quantum",
            "app/pq",
        ),
    ),
    (
        Entry(
            "suites",
            "code",
            "Run keripy itself",
            "The real library, unmodified, with its own tests, spread over the workers of this page.",
            "Open the suites",
            "app/suites",
        ),
        Entry(
            "pool",
            "code",
            "See the runtime at work",
            "A router and a pool of workers with hio, Falcon and Jinja2: watch it answer, die and recover.",
            "Open the pool",
            "app/pool",
        ),
    ),
)


def entries(slices: Collection[str]) -> list[Entry]:
    """The way offered to each kind of person, given the slices that the pool has; kinds without any are left out."""
    chosen = (next((entry for entry in ways if entry.slice in slices), None) for ways in WAYS)
    return [entry for entry in chosen if entry is not None]


class PanelResource(Resource):
    """`GET /app/home/panel`: `{about, offline, entries: [{slice, icon, title, text, action, href}]}`."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        """The first panel of the home page; it holds the page's h1."""
        data = {
            "about": "Python and strong crypto in parallel workers.",
            "offline": SERVED if context.SERVED else OFFLINE,
            "entries": [asdict(entry) for entry in entries(self.worker.pool.slices(req))],
        }
        answer(req, rep, "fragments/home/panel.html", data, title="KeriWasm")


def mount(app: falcon.App, worker: Any) -> None:
    """Add the routes of this slice."""
    app.add_route("/app/home/panel", PanelResource(worker))
