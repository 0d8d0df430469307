"""Refreshing many identifiers over six real witnesses, in the page: seconds of a round in which each has an event more, and of one
in which nothing is new.

    python tests/bench/network/watching.py [IDENTIFIERS] [ROUNDS]

IDENTIFIERS (50) of keripy's own making, each with all six witnesses and a threshold of four; their events go to the witnesses as a
controller sends them (POST /receipts), each of which knows its own receipt only. The time is that of the whole request: 300 questions,
verification, merge, durable commits, answer.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "bench"), *(str(TESTS / "kits" / name) for name in ("", "browser", "network")), str(TESTS.parent / "python")]
sys.path.append(sys.path.pop(sys.path.index(str(TESTS.parent / "python"))))  # behind the real lmdb

import witnesses as kit  # noqa: E402
from bench_site import Page, chromium, median, ready, report, site  # noqa: E402
from ledgerkit import habery  # noqa: E402
from watchkit import Identifier  # noqa: E402

CALL = """async ([path, body, kind]) => {
  const began = performance.now();
  const response = await keriwasm.fetch(path, {method: 'POST', body, headers: {accept: 'application/json', 'content-type': kind}});
  const told = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(told).slice(0, 500));
  return {ms: performance.now() - began, told};
}"""


def post(page: Page, path: str, **fields: Any) -> dict[str, Any]:
    return page.evaluate(CALL, [path, json.dumps(fields), "application/json"])


def send(witness: kit.Witness, message: bytes) -> bytes:
    """An event for its receipt."""
    body, attached = message[: message.rindex(b"}") + 1], message[message.rindex(b"}") + 1 :]
    headers = {"Content-Type": "application/cesr+json", "CESR-ATTACHMENT": attached.decode(), "CESR-DESTINATION": witness.aid}
    with urllib.request.urlopen(urllib.request.Request(f"{witness.url}receipts", body, headers), timeout=60) as got:
        assert got.status == 200, got.status
        return bytes(got.read())


def everywhere(witnesses: kit.Witnesses, messages: list[bytes]) -> bytes:
    """All receipts of all witnesses on all events."""
    with ThreadPoolExecutor(len(witnesses)) as threads:
        parts = threads.map(lambda witness: b"".join(send(witness, each) for each in messages), witnesses.values())
        return b"".join(parts)


def main(count: int, rounds: int) -> None:
    with kit.running() as witnesses, habery("everybody") as hby, site() as url, chromium() as browser:
        aids = [each.aid for each in witnesses.values()]
        everybody = [Identifier(hby.makeHab(f"a{number}", wits=aids, toad=4), []) for number in range(count)]
        events = [each.events[0] for each in everybody]
        begun = b"".join(events) + everywhere(witnesses, events)
        page = browser.new_context().new_page()
        ready(page, f"{url}?workers=2")
        post(page, "app/network", enabled=True)
        for each in witnesses.values():
            post(page, "app/network/origins", origin=each.url, allowed=True)
            post(page, "app/ledger/oobi", url=each.oobi)
        page.evaluate(CALL, ["app/ledger", begun.decode(), "application/cesr"])
        post(page, "app/ledger/refresh")  # keripy is imported by every worker before
        times: dict[str, list[float]] = {"an event each": [], "nothing new": []}
        for number in range(rounds):
            for each in everybody:
                each.goes_on(round=str(number))
            everywhere(witnesses, [each.events[-1] for each in everybody])
            for what, new in (("an event each", count), ("nothing new", 0)):
                done = post(page, "app/ledger/refresh")
                told = done["told"]
                agreed = [each for each in told["contacts"] if each["agreed"] == 6]
                assert told["added"] == new and len(agreed) == count, json.dumps(told)[:2000]
                times[what].append(done["ms"] / 1000)
    report("watching", [{"identifiers": count, "what": what, "seconds": median(all_), "most": max(all_)} for what, all_ in times.items()])


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:3]]
    main(*(arguments + [50, 3][len(arguments) :]))
