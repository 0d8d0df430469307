"""What grows with a wallet: list, make, rotate, unlock, import, home, with 100, 1,000 or more identifiers, contacts and events.

    python tests/bench/growth.py [SIZE ...]

For each SIZE (100 1000) a wallet of SIZE identifiers, SIZE / 10 credentials, and one log of SIZE events, with a ledger of SIZE
contacts, is made natively by the app's own code, and restored from its backup in a real page; the answers of that page are timed,
medians of ROUNDS. `ratio` is to the smallest of the same run: 1 is flat. Restoring verifies all of it, and so must grow: its row is
milliseconds for each event. 10,000 take a quarter of an hour.
"""

from __future__ import annotations

import base64
import os
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from bench_site import ROOT, chromium, median, ready, report, site

sys.path.append(str(ROOT / "tests/kits"))
sys.path.append(str(ROOT / "tests/kits/router"))
sys.path.append(str(ROOT / "python"))

from backupkit import ATTRIBUTES, Bench, do
from ledgerkit import Pool, habery, messages
from playwright.sync_api import Page

PASSCODE = "a passcode of enough characters"
ROUNDS = 9

ASK = """async ([method, path, body, html]) => {
  const began = performance.now();
  const headers = {accept: html ? 'text/html' : 'application/json', ...(html ? {'hx-request': 'true'} : {}),
    ...(typeof body === 'string' ? {'content-type': 'application/cesr'} : body ? {'content-type': 'application/json'} : {})};
  const sent = body ? {body: typeof body === 'string' ? body : JSON.stringify(body)} : {};
  const response = await keriwasm.fetch(path, {method, headers, ...sent});
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 400)}`);
  return {ms: performance.now() - began, bytes: text.length, json: html ? null : JSON.parse(text)};
}"""

RESTORE = """async ([file, passcode]) => {
  const began = performance.now();
  const response = await keriwasm.fetch('app/wallet/restore', {method: 'POST', body: JSON.stringify({file, passcode}),
    headers: {accept: 'application/json', 'content-type': 'application/json'}});
  const told = await response.text();
  if (!response.ok) throw new Error(told.slice(0, 400));
  return {ms: performance.now() - began, json: JSON.parse(told)};
}"""


@contextmanager
def nothing(*_: Any) -> Any:
    """In place of a batch that can be undone: what is made here is thrown away as a whole."""
    yield


def wallet(size: int, place: Path) -> bytes:
    """A backup of a wallet and ledger of this size."""
    import lmdb
    import nacl.utils
    from keri import core
    from slices.backup import sealing
    from slices.backup.dump import Dump, read_stores
    from slices.credentials import issuing, schemas
    from slices.ledger import book as books
    from slices.vault import vault as vaults

    lmdb.open = partial(lmdb.open, sync=False, metasync=False)
    vaults.HEAD, books.HEAD = place / "wallet", place / "ledger"
    worker = Bench(place)
    worker.disk.batch, worker.pool = nothing, Pool()
    vault = vaults.Vault(worker)  # type: ignore[arg-type]
    do(vault.create("Grown", PASSCODE, "low"))
    with vault.change() as hby:
        habs = [hby.makeHab(f"No {number:05}") for number in range(size)]
        for number in range(size):
            habs[0].interact(data=[{"n": str(number)}])
        schemer = schemas.load(dict(schemas.SAMPLES["course"]), saidify=False)
        hby.db.schema.pin(schemer.said, schemer)
        issuing.make_registry(vault, habs[1], "Courses")
    (registry,) = vault.rgy.regs.values()
    for number in range(size // 10):
        with vault.change():
            issuing.issue(vault, registry, schemer.sed, habs[2].pre, {**ATTRIBUTES, "hours": number + 1})
    book = books.Book(worker)  # type: ignore[arg-type]
    do(book.ready())
    with habery("others") as others:
        them = [others.makeHab(f"them {number}") for number in range(size)]
        book.ingest(b"".join(messages(each)[0] for each in them))
        with book.change() as notes:
            for number, each in enumerate(them):
                notes.set_contact(each.pre, {"alias": f"Them {number:05}", "notes": "", "changed": 1})
    made = vaults.epoch_ms()
    seed = vault.hby.mgr.seed
    key = nacl.utils.random(32)
    raw = core.Signer(qb64=seed, transferable=False).raw
    wraps = [sealing.wrap_passcode(key, raw, vault.facts.salt_bytes, vault.facts.tier)]
    book.close()
    content = Dump(made, "Grown", seed, read_stores({"wallet": vault.head, "ledger": book.head})).pack()
    vault._close()
    vault._store.close()
    return sealing.seal(content, key, wraps, made=made, app="bench")


def rounds(page: Page, method: str, path: Any, body: Any = None, html: bool = False) -> float:
    """The median of ROUNDS answers; path and body may be functions of the round."""
    times = []
    for number in range(ROUNDS):
        sent = body(number) if callable(body) else body
        times.append(page.evaluate(ASK, [method, path(number) if callable(path) else path, sent, html])["ms"])
    return median(times)


def measure(page: Page, size: int, file: bytes) -> dict[str, float]:
    """Milliseconds by name."""
    told = page.evaluate(RESTORE, [base64.urlsafe_b64encode(file).decode().rstrip("="), PASSCODE])
    found = {"restore, ms an event": told["ms"] / told["json"]["events"]}
    unlocks = []
    for _ in range(5):
        page.evaluate(ASK, ["POST", "app/wallet/lock", {}, False])
        unlocks.append(page.evaluate(ASK, ["POST", "app/wallet/unlock", {"passcode": PASSCODE}, True])["ms"])
    found["unlock and its page"] = median(unlocks)
    listed = page.evaluate(ASK, ["GET", "app/identifiers?count=60", None, False])["json"]
    assert listed["total"] == size, listed["total"]
    aids = [each["aid"] for each in listed["identifiers"][5:]]
    for name, path in (
        ("list of identifiers", "app/identifiers"),
        ("find one", f"app/identifiers/list?q={aids[3]}"),
        ("list of contacts", "app/ledger"),
        ("list of credentials", "app/credentials"),
        ("wallet", "app/wallet"),
        ("home", "app/"),
        ("a log's page", f"app/identifiers/{listed['identifiers'][0]['aid']}"),
    ):
        page.evaluate(ASK, ["GET", path, None, True])
        found[name] = rounds(page, "GET", path, html=True)
    found["make"] = rounds(page, "POST", "app/identifiers", lambda number: {"alias": f"new {number} {time.time()}"})
    found["rotate"] = rounds(page, "POST", lambda number: f"app/identifiers/{aids[number]}/rotate", {})
    with habery(f"news{size}") as hby:
        logs = [b"".join(messages(hby.makeHab(f"n {number}"))).decode() for number in range(ROUNDS)]
    found["import of a log"] = rounds(page, "POST", "app/ledger", lambda number: logs[number])
    return found


def main(sizes: list[int]) -> None:
    first: dict[str, float] = {}
    with site() as url, chromium() as browser:
        for size in sizes:
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as place:
                file = wallet(size, Path(place))
            made = time.monotonic() - began
            context = browser.new_context()
            page = context.new_page()
            page.set_default_timeout(600_000)
            ready(page, f"{url}?workers=2")
            found = measure(page, size, file)
            context.close()
            first = first or found
            print(f"{size}: made natively in {made:.0f} s, {len(file) >> 10} KiB", file=sys.stderr)
            load = os.getloadavg()[0]
            told = {"of": f"{sizes[0]:,}", "load": load}
            report("growth", [{"what": f"{name}, {size:,}", "ms": ms, "ratio": ms / first[name], **told} for name, ms in found.items()])


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main([int(each) for each in sys.argv[1:]] or [100, 1000])
