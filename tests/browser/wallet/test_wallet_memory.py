"""What the memory of the workers holds of a wallet's secrets: while it is open, after the lock, after a wrong passcode.

A copy of the app is served whose workers search their own WebAssembly memory when the test asks; the product has no such
thing. The test knows the secrets from the disk and the passcode, so that nothing is copied for being looked for.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Watched, fetch, until, wait_ready
from playwright.sync_api import Page
from test_old_keys import ciphers, dump, salts, workers  # noqa: F401 (a fixture)
from test_wallet import forms, shown
from walletkit_browser import PASSCODE, ask

WRONG = "Wr0ng-hHd3F-7mZrC-tP9aB-uN2sY"

SCAN = r"""
;{
  const memories = new Set();
  const keep = (made) => {
    for (const each of Object.values((made.instance ?? made).exports)) if (each instanceof WebAssembly.Memory) memories.add(each);
    return made;
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const real = WebAssembly[name];
    WebAssembly[name] = async (source, imports) => {
      for (const part of Object.values(imports ?? {})) {
        for (const each of Object.values(part)) if (each instanceof WebAssembly.Memory) memories.add(each);
      }
      return keep(await real.call(WebAssembly, source, imports));
    };
  }
  const channel = new BroadcastChannel('test-memory');
  channel.onmessage = ({data}) => {
    if (!data.needles) return;
    const found = {}, first = new Uint8Array(65536), by = new Map();
    let bytes = 0;
    for (const [name, needle] of data.needles) {
      const key = needle[0] | needle[1] << 8;
      first[key] = 1;
      by.set(key, [...(by.get(key) ?? []), [name, needle]]);
    }
    for (const {buffer} of memories) {
      const memory = new Uint8Array(buffer), end = memory.length - 1;
      bytes += memory.length;
      for (let at = 0; at < end; at++) {
        const key = memory[at] | memory[at + 1] << 8;
        if (!first[key]) continue;
        for (const [name, needle] of by.get(key)) {
          let same = 2;
          while (same < needle.length && memory[at + same] === needle[same]) same++;
          if (same === needle.length) {
            (found[name] ??= []).push([at, String.fromCharCode(...memory.slice(Math.max(0, at - 48), at + needle.length + 16))
              .replace(/[^ -~]/g, '.')]);
          }
        }
      }
    }
    channel.postMessage({id: data.id, who: data.who ?? self.name, bytes, found});
  };
}
"""

ASK = r"""async needles => {
  const channel = new BroadcastChannel('test-memory'), id = Math.random(), told = [];
  channel.onmessage = ({data}) => { if (data.id === id && data.found) told.push(data); };
  channel.postMessage({id, needles: needles.map(([name, hex]) => [name, hex.match(/../g).map(each => parseInt(each, 16))])});
  const end = performance.now() + 60000;
  while (told.length < 2 && performance.now() < end) await new Promise(done => setTimeout(done, 50));
  await new Promise(done => setTimeout(done, 500));
  channel.close();
  return told;
}"""


def plain(passcode: str, salt: bytes, candidates: set[str]) -> dict[str, str]:
    """The secrets, by what they are, as qb64: the seed that a passcode is stretched to, and what it opens."""
    from keri import core
    from slices.vault import passcode as passcodes

    signer = passcodes.stretch(passcode, base64.b64decode(salt), "low")
    decrypter = core.Decrypter(seed=signer.qb64b)
    found = {"seed": signer.qb64}
    for number, each in enumerate(sorted(candidates)):
        try:
            found[f"{'key' if each.startswith('P') else 'salt'} {number}"] = decrypter.decrypt(qb64=each).qb64
        except Exception:  # keripy raises whatever comes: then it is no secret of this passcode
            continue
    return found


def needles(secrets: dict[str, str], words: dict[str, str]) -> list[tuple[str, str]]:
    """(name, bytes as hex) of everything to look for, in every form."""
    made = [(name, word.encode().hex()) for name, word in words.items()]
    for name, qb64 in secrets.items():
        lead = 2 if qb64.startswith("0") else 1
        raw = base64.urlsafe_b64decode("A" * lead + qb64[lead:])[lead:]
        made.append((f"{name} raw", raw.hex()))
        made += [(f"{name} text", form.encode().hex()) for form in sorted(forms(qb64) - {shown(raw)})]
    return made


def scan(page: Page, wanted: list[tuple[str, str]]) -> dict[str, int]:
    """How often each was found, over the router's memory and the worker's."""
    told = page.evaluate(ASK, wanted)
    assert len(told) >= 2 and sum(each["bytes"] for each in told) > 50 << 20, told
    counts: dict[str, int] = {}
    for each in told:
        for name, places in each["found"].items():
            counts[name] = counts.get(name, 0) + len(places)
            print(each["who"], name, places[:3])  # shown by pytest when the test fails
    return counts


def forgotten(page: Page, wanted: list[tuple[str, str]]) -> dict[str, int]:
    """What is left once it had its time; patience, not a deadline: the worker overwrites when the request has ended."""
    for _ in range(20):
        left = scan(page, wanted)
        if not left:
            break
        page.wait_for_timeout(1000)
    return left


@pytest.mark.long
def test_what_memory_and_console_hold_of_secrets(
    broken: Callable[..., str], watch: Callable[[Page], Watched], context: Any
) -> None:
    def prepare(worker: Path) -> None:
        for path in (worker, worker.parents[2] / "workers/worker.js"):
            text = path.read_text()
            path.unlink()  # a link to the repository's own file
            path.write_text(SCAN + text)

    url = broken("router/host/worker.js", prepare)
    watched = watch(context.new_page())
    page, said = watched.page, []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{url}app/wallet?workers=1&faults=1")
    wait_ready(page)
    ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
    aid = ask(page, "app/identifiers", 201, {"alias": "one", "keys": 2})["aid"]
    ask(page, "app/identifiers", 201, {"alias": "derived", "algo": "salty"})
    ask(page, f"app/identifiers/{aid}/rotate", 201, {})
    ask(page, f"app/identifiers/{aid}/sign", 200, {"text": "x"})
    held = dump(page)
    secrets = plain(PASSCODE, salts(held).pop(), ciphers(held))
    assert len(secrets) >= 8
    wanted = needles(secrets, {"passcode": PASSCODE, "wrong": WRONG})

    assert scan(page, wanted).get("seed text"), "an open wallet has its seed in memory, and the search finds it"
    ask(page, "app/wallet/lock", 200)
    assert not forgotten(page, wanted), "after the lock"

    watched.allow("422|500|fault|w1")
    assert fetch(page, "app/wallet/unlock", "POST", json={"passcode": WRONG})["status"] == 422
    assert not forgotten(page, wanted), "after a wrong passcode"

    ask(page, "app/faults/w1", 200, {"kind": "throw"})
    broke = fetch(page, "app/wallet/unlock", "POST", json={"passcode": PASSCODE})
    assert broke["status"] == 500, broke
    ask(page, "app/wallet/unlock", 200, {"passcode": PASSCODE})
    ask(page, f"app/identifiers/{aid}/sign", 200, {"text": "y"})
    ask(page, "app/wallet/lock", 200)
    assert not forgotten(page, wanted), "after a fault, an unlock and a lock"
    until(page, "document.documentElement.dataset.state === 'ready'")
    assert any("fault" in each for each in said), "the fault is in the console"
    console = "\n".join([*said, broke["text"]])
    assert not [each for each in {PASSCODE, WRONG}.union(*map(forms, secrets.values())) if each in console]
