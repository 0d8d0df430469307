"""Hostile files in a real browser, whose stack and patience are real: the open wallet stays open, whatever is sent."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import Watched, fetch, until
from hostile.hostilekit import groups
from playwright.sync_api import Page

from tests import fuzz

CASES = Path(__file__).resolve().parents[2] / "cases"
PASSCODE = "a passcode of enough characters"
DEEP = 30_000


def ask(page: Page, path: str, body: object = None, method: str = "POST") -> Any:
    return fetch(page, path, method, json=body)


def workers(page: Page) -> dict[str, Any]:
    return {each["id"]: each for each in fetch(page, "app/pool")["json"]["workers"]}


def raw(page: Page, path: str, text: str, kind: str) -> dict[str, Any]:
    """A body as it stands."""
    return page.evaluate(
        """async ({path, text, kind}) => {
            const answer = await keriwasm.fetch(path, {method: 'POST', body: text,
                headers: {accept: 'application/json', 'content-type': kind}});
            return {status: answer.status, text: await answer.text()};
        }""",
        {"path": path, "text": text, "kind": kind},
    )


def opened(page: Page) -> str:
    """An AID of a new wallet."""
    assert ask(page, "app/wallet", {"name": "Mine", "passcode": PASSCODE})["status"] == 201
    return ask(page, "app/identifiers", {"alias": "one"})["json"]["aid"]


def still_open(page: Page) -> None:
    assert fetch(page, "app/wallet")["json"]["locked"] is False
    assert workers(page)["w1"]["generation"] == 1


def test_a_pattern_without_an_end_costs_a_worker_without_keys(boot: Callable[..., Watched]) -> None:
    """Case 09, in a pool of one: its second worker is lent for it."""
    watched = boot(workers=1)
    watched.allow("422|keriwasm|Failed to load resource")
    page = watched.page
    opened(page)
    schema = json.loads((CASES / "09-redos-schema.json").read_text())
    added = ask(page, "app/credentials/schemas", {"schema": schema})
    assert added["status"] == 200, added
    assert set(workers(page)) == {"w1", "w2"}
    text = (CASES / "09-redos.cesr").read_text()
    told = ask(page, "app/credentials/verify", {"text": text})
    assert told["status"] == 422, told
    assert "took too long" in told["json"]["detail"] and "Schema 09-redos" in told["json"]["detail"], told
    still_open(page)
    assert ask(page, "app/credentials/receive", {"text": text})["status"] == 422
    still_open(page)
    good = (CASES / "00-good-presentation.cesr").read_text()
    trial = json.loads((CASES / "schema-trial.json").read_text())
    told = ask(page, "app/credentials/verify", {"text": good, "schema": trial})
    assert told["status"] == 200 and told["json"]["valid"], told
    assert workers(page)["w2"]["generation"] >= 3
    still_open(page)


def hostile(aid: str) -> list[tuple[str, str, str]]:
    """(path, content type, body): deep, long and wide values in every kind of body that a wallet's routes parse."""
    deep = "[" * DEEP
    kinds = "application/json"
    event = '{"v":"KERI10JSON%06x_","t":"icp","d":"x","i":"x","s":"0","kt":"%s","a":%s'
    body = event % (0, "1", deep)
    sunk = event % (0, deep, "[]}")  # a threshold that keripy parses, one level deep in its event
    streams = [body.replace("000000_", f"{len(body):06x}_"), sunk.replace("000000_", f"{len(sunk):06x}_")]
    paths = {
        f"app/identifiers/{aid}/interact": ["data"],
        "app/identifiers": ["isith", "alias"],
        "app/wallet/challenge/verify": ["words", "response"],
        "app/credentials/schemas": ["schema"],
        "app/credentials/verify": ["schema", "text"],
        "app/credentials/issue": ["attributes", "rules"],
        "app/verify": ["signatures", "text"],
        "app/ledger": ["text"],
        "app/crypto/hash-batch": ["items"],
    }
    made = []
    for path, names in paths.items():
        made += [(path, kinds, deep), (path, kinds, '{"a":' * DEEP), (path, kinds, '{"a":[' + "0," * 600_000 + "0]}")]
        made += [(path, kinds, f'{{"{name}":{value}}}') for name in names for value in (deep, "1e400", '"\\ud800"', "NaN", "9" * 5000)]
        made += [(path, "application/x-www-form-urlencoded", f"{name}={deep}") for name in names]
        made += [(path, kinds, json.dumps({name: text})) for name in names for text in streams]
    short = '{"v":"KERI10JSON000042_","t":"icp","d":"x","i":"x","s":"0","a":[]}'
    streams += [short + groups(2000), " " * (15 << 20), '{"v":"KERI10JSON0fffff_' * 60_000]  # the last: each claims a MiB
    made += [("app/ledger", "application/cesr", text) for text in streams]
    return made


def test_deep_long_and_wide_values_end_nobody(boot: Callable[..., Watched]) -> None:
    watched = boot(workers=2)
    watched.allow("Failed to load resource|40[0-9]|41[0-9]|42[0-9]")
    page = watched.page
    aid = opened(page)
    before = {id: each["generation"] for id, each in workers(page).items()}
    for path, kind, body in hostile(aid):
        answer = raw(page, path, body, kind)
        assert answer["status"] < 500, (path, kind, body[:80], answer["text"][:500])
        if answer["status"] >= 400:
            assert json.loads(answer["text"])["detail"], (path, body[:80])
    still_open(page)
    assert {id: each["generation"] for id, each in workers(page).items()} == before
    until(page, "document.querySelector('#main') !== null")
    watched.allowed.clear()
    watched.errors.clear()
    # A little of `python test.py fuzz`, which goes on for ten minutes.
    walk = fuzz.Walk(page, watched, seed=13)
    walk.walk(iter(range(200)), math.inf)
    assert not walk.found, "\n".join(f"{kind}\n{told}" for kind, told in walk.found.items())
    assert walk.statuses[200] > 40 and walk.statuses[422] > 20, walk.statuses
