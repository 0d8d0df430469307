"""The names under which a browser keeps what people have made and the app itself: renamed in the code, all of it would be lost to
them, without an error. A new name is added here. What stands behind the names is held by tests/browser/wallet/test_older_wallet.py.

What it does not catch: a name that is put together otherwise than as one literal, or that a variable's default gives.
"""

from __future__ import annotations

import re
from pathlib import Path

import workerkit  # noqa: F401  (sets the path)
from keriwasm.browser import disk_store, named_stores
from slices.backup import records
from slices.ledger import book
from slices.network import consent, store
from slices.vault import facts, vault

ROOT = Path(__file__).resolve().parents[3]
NAME = re.compile(r"""(?<=["'`])(keriwasm-[a-z-]*[:@]?|IDBMap/|/keriwasm/[a-z/]*)(?=["'`${])""")
NAMES = {
    "keriwasm-disk",  # IndexedDB: the log and its checkpoint; the channel that tells of a record
    "IDBMap/",  # IndexedDB: PyScript's stores, two of ours among them:
    "keriwasm-load-runs",
    "keriwasm-suites",
    "keriwasm-notebooks",  # IndexedDB: those of the notebook's page
    "/keriwasm/ledger",  # folders of the databases, within the log's records
    "/keriwasm/wallet",
    "/keriwasm/network",
    "keriwasm-kept:",  # Cache API, and the lock over it: the versions of the app
    "keriwasm-pool:",  # Web Locks, and the channel: which tab leads
    "keriwasm-pack",  # OPFS: the file of a start
    "keriwasm-theme",  # localStorage
    "keriwasm-notebook-index",  # localStorage: the address that a person gave
    "keriwasm-again",  # sessionStorage
}
PASSING = {"keriwasm-inert", "keriwasm-backup-", "keriwasm-load-", "keriwasm-recovery-", "keriwasm-suites-"}
"""A policy of Trusted Types; files that people download, or that are gone with the worker."""


def test_names_stay() -> None:
    scripts = [path for room in ("router", "static/page", "static/notebook") for path in (ROOT / room).rglob("*.js")]
    own = [*scripts, *(ROOT / "python").rglob("*.py")]
    assert {name for path in own for name in NAME.findall(path.read_text())} == NAMES | PASSING


def test_names_within_stay() -> None:
    assert (disk_store.DATABASE, disk_store.CHANNEL, disk_store.STORES) == ("keriwasm-disk", "keriwasm-disk", ("meta", "log", "parts"))
    assert named_stores.STORE == "entries"
    assert (str(vault.HEAD), vault.NAME, str(book.HEAD), book.NAME) == ("/keriwasm/wallet", "wallet", "/keriwasm/ledger", "ledger")
    assert (str(consent.HEAD), store.TABLES) == ("/keriwasm/network", (b"settings", b"origins", b"log", b"outbox"))
    assert facts.FactStore(Path("here")).path == Path("here/facts") and facts.KEY == b"wallet"
    assert records._place(Path("here")) == Path("here/backups")
