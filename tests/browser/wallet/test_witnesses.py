"""An identifier with real witnesses, made and kept in the page: six of keripy's own, and `kli` on the other side."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import witnesses as kit
from conftest import CHROMIUM, FLAGS, SAVE_DATA, Watched, fetch, until, wait_ready
from faulty import garbage, listening, slow
from guarded import code, guarding
from playwright.sync_api import Page, Playwright
from test_old_keys import ciphers, dump, salts, workers  # noqa: F401 (a fixture)
from test_wallet import forms, kill
from test_wallet_memory import plain
from walletkit_browser import PASSCODE, ask, press, visit

PATIENCE = 120_000

SPY = """
{
  const said = [], channel = new BroadcastChannel('test-gateway');
  const plainly = (key, value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
    ? new TextDecoder('latin1').decode(value) : value;
  self.addEventListener('message', ({data}) => said.push(JSON.stringify(data, plainly)));
  channel.onmessage = ({data}) => { if (data === 'tell') channel.postMessage({said}); };
}
"""
"""Before the gateway's own script: all that it is ever told."""

TOLD = """() => new Promise(done => {
  const channel = new BroadcastChannel('test-gateway');
  channel.onmessage = ({data}) => { if (data.said) { channel.close(); done(data.said); } };
  channel.postMessage('tell');
})"""


@pytest.fixture(scope="module")
def witnesses() -> Iterator[kit.Witnesses]:
    with kit.running() as found:
        yield found


class Browsers:
    """One profile in a browser that may be killed."""

    def __init__(self, playwright: Playwright, url: str, profile: Path, watch: Callable[[Page], Watched]) -> None:
        self.playwright, self.url, self.profile, self.watch = playwright, url, profile, watch
        self.context: Any = None

    def start(self) -> Page:
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1280, "height": 900}
        )
        self.context.add_init_script(SAVE_DATA)
        page = self.context.pages[0]
        self.watch(page).allow("Failed to load resource|422")
        page.goto(f"{self.url}?workers=2")
        wait_ready(page)
        return page

    def kill(self) -> None:
        kill(self.profile)
        try:
            self.context.close()
        except Exception as ex:
            assert "closed" in str(ex), ex


@pytest.fixture
def browsers(
    playwright: Playwright, broken: Callable[..., str], tmp_path: Path, watch: Callable[[Page], Watched]
) -> Iterator[Browsers]:
    def prepare(gateway: Path) -> None:
        gateway.write_text(SPY + gateway.read_text())

    made = Browsers(playwright, broken("workers/gateway.js", prepare), tmp_path / "profile", watch)
    yield made
    made.context.close()


def events(stream: str) -> list[str]:
    """SAIDs of a stream's key events, in order."""
    return re.findall(r'"t":"(?:icp|rot|ixn|dip|drt)","d":"([^"]{44})"', stream)


def log(witness: Any, aid: str) -> str:
    with urllib.request.urlopen(f"{witness.url}log?pre={aid}", timeout=60) as got:
        return got.read().decode()


def everywhere(page: Page, aid: str, known: list[Any], count: int) -> None:
    """Each witness has the page's log, with the receipts of all."""
    ours = fetch(page, f"app/identifiers/{aid}/kel", headers={"accept": "application/json+cesr"})["text"]
    assert len(events(ours)) == count, ours[:300]
    code = f"-BA{chr(ord('A') + len(known))}"
    for witness in known:
        theirs = log(witness, aid)
        assert events(theirs) == events(ours)
        assert theirs.count(code) == count == ours.count(code), (witness.name, theirs)


SHOWN = """words => {
  const text = document.getElementById('receipts')?.textContent.replace(/\\s+/g, ' ') ?? '';
  return text.includes(words) && !text.includes('being collected');
}"""


def shown(page: Page, words: str) -> None:
    """What the page says once nothing is under way any more: witnesses hear of each other's receipts after they have answered."""
    until(page, f"({SHOWN})({words!r})", PATIENCE)


def made(page: Page, witnesses: Any) -> str:
    """An identifier with four witnesses by the form; one is cut and one added by the form; something is anchored."""
    wan, wil, wes, wit, _, wyz = witnesses.values()
    visit(page, "app/identifiers", "#new-form")
    page.fill("#new-alias", "Witnessed")
    page.click(".witnesses-chosen summary")
    page.check(".picker [type=checkbox] >> nth=0")  # the list that comes with the app: it offers what `kli witness demo` starts
    assert page.input_value("#new-witnesses") == f"http://127.0.0.1:5642/oobi/{wan.aid}/controller"
    page.uncheck(".picker [type=checkbox] >> nth=0")
    assert page.input_value("#new-witnesses") == ""
    page.fill("#new-witnesses", "\n".join(each.oobi for each in (wan, wil, wes, wit)))
    press(page, "new")
    shown(page, "all 4 have answered for event 0, which needs 3")
    aid = ask(page, "app/identifiers", 200, method="GET")["identifiers"][0]["aid"]
    everywhere(page, aid, [wan, wil, wes, wit], 1)

    page.click(".witnesses-changed summary")
    page.check(f"#rotate-form input[name=cut][value={wil.aid}]")
    page.fill("#rotate-add", wyz.oobi)
    press(page, "rotate")
    shown(page, "all 4 have answered for event 1, which needs 3")
    until(page, "document.querySelector('#event-1')?.textContent.includes('4 of 4 witnesses')", PATIENCE)
    ask(page, f"app/identifiers/{aid}/interact", 201, {"text": "seen"})
    told = ask(page, f"app/identifiers/{aid}/receipts", 200, {})
    assert (told["receipts"], told["toad"], [each["problem"] for each in told["witnesses"]]) == (4, 3, [None] * 4)
    everywhere(page, aid, [wan, wes, wit, wyz], 3)
    return aid


def others(page: Page, aid: str, witnesses: Any) -> None:
    """`kli` resolves the OOBI that the page offers and verifies what the page has signed; and the reverse."""
    wan = witnesses["wan"]
    visit(page, f"app/identifiers/{aid}/share", "#oobis")
    offered = page.locator("#oobis output").all_text_contents()
    assert offered == [f"{each.url}oobi/{aid}/witness/{each.aid}" for each in map(witnesses.__getitem__, ("wan", "wes", "wit", "wyz"))]
    assert page.locator("#oobis svg.qr").count() == 4 and "no receipt" not in page.inner_text("#oobis")
    bob = witnesses.incept("bob", ("wan", "wes"))
    witnesses.kli("oobi", "resolve", "--name", "bob", "--oobi-alias", "w", "--oobi", offered[0])
    signed = ask(page, f"app/identifiers/{aid}/sign", 200, {"text": "hello"})["signatures"][0]
    assert "valid" in witnesses.kli("verify", "--name", "bob", "--prefix", aid, "--text", "hello", "--signature", signed)
    ask(page, "app/ledger/oobi", 200, {"url": f"{wan.url}oobi/{bob.aid}/witness/{wan.aid}"})
    theirs = re.findall(r"\bA[AB][A-Za-z0-9_-]{86}", witnesses.kli("sign", "--name", "bob", "--alias", "bob", "--text", "hi"))
    for text, valid in (("hi", True), ("ho", False)):
        assert ask(page, "app/verify", 200, {"aid": bob.aid, "text": text, "signatures": theirs})["valid"] is valid


def no_secrets(page: Page) -> None:
    """In what the gateway was told; the search would find one, for it finds what was sent."""
    said = "\n".join(page.evaluate(TOLD))
    assert "/receipts" in said and '\\"t\\":\\"rot\\"' in said, "all of it is looked through"
    held = dump(page)
    secrets = plain(PASSCODE, salts(held).pop(), ciphers(held))
    assert len(secrets) >= 4
    assert not [name for name, qb64 in secrets.items() if any(form in said for form in forms(qb64))] and PASSCODE not in said


def codes(page: Page, witnesses: Any) -> None:
    """One of two wants one-time codes: its secret by the page, a code that is too old, then the right one."""
    wan, wub = witnesses["wan"], witnesses["wub"]
    with guarding(wub) as guard:
        aid = ask(page, "app/identifiers", 201, {"alias": "Coded", "witnesses": [wan.oobi, wub.oobi]})["aid"]
        visit(page, f"app/identifiers/{aid}", "#interact-form")
        shown(page, "below its threshold: 1 of 2 receipts for event 0")
        field = f"#receipts-code-{wub.aid}"
        assert "wants a one-time code" in page.inner_text("#receipts") and page.is_visible(field)
        page.click("#receipts .code-secret summary")
        page.click("#receipts .code-secret button")
        page.wait_for_selector("#codes-result svg.qr", timeout=PATIENCE)
        secret, address = page.locator("#codes-result output").all_text_contents()
        assert guard.secrets == {aid: secret} and address.startswith("otpauth://totp/") and secret in address
        page.fill(field, code(secret, time.time() - 600))
        page.click("#receipts-form [type=submit]")
        page.wait_for_selector(f"{field}-error", timeout=PATIENCE)
        name = page.text_content(f"label[for={field[1:]}]").removeprefix("One-time code of ")
        assert f"{name} did not take that code" in page.inner_text(f"{field}-error")
        assert page.get_attribute(field, "aria-invalid") == "true" and "1 of 2" in page.inner_text("#receipts")
        page.fill(field, code(secret, time.time()))
        page.click("#receipts-form [type=submit]")
        shown(page, "all 2 have answered for event 0, which needs 2")
        everywhere(page, aid, [wan, wub], 1)
        assert [why for _, _, why in guard.asked] == ["unknown", "wrong", ""], guard.asked
        visit(page, f"app/identifiers/{aid}", "#interact-form")
        assert not page.text_content("#codes-result").strip(), "it was shown once"
        assert secret not in "\n".join(page.evaluate(TOLD)) and secret not in repr(dump(page))


def faults(page: Page, aid: str, witnesses: Any, browsers: Browsers) -> None:
    """One witness stopped, one gone, one that talks nonsense, one slow; then the browser is killed, and all is made up for."""
    wan, wes, wit, wyz = (witnesses[name] for name in ("wan", "wes", "wit", "wyz"))
    there = wyz.port
    wan.stop()
    for each in (wes, wit, wyz):
        each.kill()
    (wyz.port,) = kit.free(1)
    wyz.start()
    wyz.wait()
    try:
        with listening(wit.port, garbage), listening(there, slow(wyz.port, 3.0)):
            visit(page, f"app/identifiers/{aid}", "#interact-form")
            event = ask(page, f"app/identifiers/{aid}/interact", 201, {"text": "in hard times"})
            told = ask(page, f"app/identifiers/{aid}/receipts", 200, {})
            why = {each["aid"]: each["problem"] for each in told["witnesses"]}
            assert (told["receipts"], told["toad"], why[wyz.aid]) == (1, 3, None), told
            assert "in time" in why[wan.aid] and "not reachable" in why[wes.aid] and "no receipt" in why[wit.aid], why
            visit(page, f"app/identifiers/{aid}", "#interact-form")
            shown(page, "below its threshold: 1 of 3 receipts for event 3")
        browsers.kill()
    finally:
        wyz.kill()
        wyz.port = there
        wan.go_on()
        for each in (wes, wit, wyz):
            each.start()
        for each in (wes, wit, wyz):
            each.wait()
    page = browsers.start()
    ask(page, "app/wallet/unlock", 200, {"passcode": PASSCODE})
    visit(page, f"app/identifiers/{aid}", "#interact-form")
    shown(page, "all 4 have answered for event 3, which needs 3")
    assert ask(page, f"app/identifiers/{aid}", 200, method="GET")["digest"] == event["digest"]
    everywhere(page, aid, [wan, wes, wit, wyz], 4)


def test_an_identifier_with_witnesses(browsers: Browsers, witnesses: Any, workers: None) -> None:  # noqa: F811
    page = browsers.start()
    ask(page, "app/wallet", 201, {"name": "Mine", "passcode": PASSCODE})
    ask(page, "app/network", 200, {"enabled": True})
    for each in witnesses.values():
        ask(page, "app/network/origins", 200, {"origin": each.url, "allowed": True})
    aid = made(page, witnesses)
    others(page, aid, witnesses)
    no_secrets(page)
    codes(page, witnesses)
    faults(page, aid, witnesses, browsers)
