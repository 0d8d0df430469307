"""Answers to a challenge: checked by what the ledger knows too; whatever is odd is told with its true reason, never a 500."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from ledgerkit import habery, ledger, messages, unsynced  # noqa: F401 (fixtures)
from slicekit import Page, form, post, problem
from walletkit import PASSCODE, quick, vault_of  # noqa: F401 (fixtures)
from workerkit import Answer, Kit

WORDS = [f"word{number}" for number in range(12)]
CASES = Path(__file__).resolve().parents[3] / "cases"
PATH = "/app/wallet/challenge/verify"


@pytest.fixture
def within(quick: None, unsynced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: F811
    """Runs a coroutine function with a worker that has an empty ledger and an open wallet."""

    @asynccontextmanager
    async def both() -> AsyncIterator[Kit]:
        async with ledger(tmp_path, monkeypatch) as kit:
            made = await post(kit, "/app/wallet", name="Mine", passcode=PASSCODE)
            assert made.status == 201, made.text
            try:
                yield kit
            finally:
                held = vault_of(kit)
                held._close()
                held._store.close()

    def start(test: Callable[[Kit], Any]) -> None:
        async def inner() -> None:
            async with both() as kit:
                await test(kit)
                assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

        asyncio.run(inner())

    return start


async def checked(kit: Kit, response: str) -> Answer:
    """The answer of the route, after a look at the same one as HTML."""
    html = await form(kit, PATH, words=" ".join(WORDS), response=response)
    answer = await post(kit, PATH, words=WORDS, response=response)
    assert html.status == answer.status and answer.status in (200, 422), (html.status, answer.text)
    assert Page(html.text).problems == [] and "<script" not in html.text
    return answer


def answered(hab: Any, payload: Any = None, route: str = "/challenge/response") -> bytes:
    return bytes(hab.exchange(route=route, payload=payload or {"words": WORDS}, recipient=""))


def test_what_the_ledger_knows_is_known(within: Any) -> None:
    """Case 41 A: with the wallet open and locked, and before anything else has asked for the identifier."""

    async def test(kit: Kit) -> None:
        with habery() as hby:
            hab = hby.makeHab("one", isith="2", icount=3, nsith="2", ncount=3)
            response = answered(hab).decode()
            assert "not known here" in (await checked(kit, response)).json["reason"]
            data = b"".join(messages(hab))
            assert (await kit.ask("POST", "/app/ledger", body=data, headers={"content-type": "application/cesr"})).status == 200
            told = (await checked(kit, response)).json
            assert told["valid"] and told["aid"] == hab.pre and told["words"] == WORDS, told
            await post(kit, "/app/wallet/lock")
            assert (await checked(kit, response)).json["valid"]
            hab.rotate()
            late = answered(hab).decode()
            assert "current" in (await checked(kit, late)).json["reason"]
            data = b"".join(messages(hab))
            await kit.ask("POST", "/app/ledger", body=data, headers={"content-type": "application/cesr"})
            assert (await checked(kit, late)).json["valid"]
            assert "current" in (await checked(kit, response)).json["reason"]

    within(test)


def test_of_two_states_the_newer_counts() -> None:
    from slices.wallet.challenges import Newest

    class Kever:
        def __init__(self, num: int) -> None:
            self.sner = type("Seqner", (), {"num": num})

    old, new = {"a": Kever(1), "b": Kever(5)}, {"a": Kever(2)}
    both = Newest(old, new)
    assert both.get("a") is new["a"] and both.get("b") is old["b"] and both.get("c") is None


def spoilt(good: str) -> dict[str, tuple[str, str]]:
    """Name -> (answer, words of the reason)."""
    head = good.index("}-") + 1
    return {
        "empty": (" \n ", "empty"),
        "cut in the body": (good[: head // 2], "ends within message 1 at byte"),
        "cut in the signature": (good[:-10], "ends within message 1 at byte"),
        "cut before the signature": (good[:head], "not signed"),
        "two": (good + "\n" + good, "2 messages"),
        "quoted": (f'"{good}"', "byte 0"),
        "printed prettily": (json.dumps(json.loads(good[:head]), indent=2) + good[head:], ""),
        "one letter changed": (good.replace("word3", "word4", 1), "changed"),
        "something before": ("My answer: " + good, "byte 0"),
        "a key event": (good.replace('"t":"exn"', '"t":"icp"'), "'icp'"),
    }


def test_odd_answers_are_told_with_their_reason(within: Any) -> None:
    async def test(kit: Kit) -> None:
        with habery() as hby:
            hab = hby.makeHab("one")
            data = b"".join(messages(hab))
            await kit.ask("POST", "/app/ledger", body=data, headers={"content-type": "application/cesr"})
            good = answered(hab).decode()
            for name, (answer, words) in spoilt(good).items():
                told = problem(await checked(kit, answer), 422, "response")
                assert words in told["errors"][0]["reason"], (name, told)
            wrapped = "\r\n".join(good[at : at + 76] for at in range(0, len(good), 76))
            for same in (good, f"\ufeff{good}", f"\n {good}\n", wrapped):
                assert (await checked(kit, same)).json["valid"], same[:80]
            for content in ({"words": "a text"}, {"words": [1, 2]}, {"words": None}, {"x": 1}, ["a"], "text", 5):
                wrong = hab.exchange(route="/challenge/response", payload={"words": WORDS}, recipient="")
                from keri.core import serdering

                sad = {**serdering.SerderKERI(raw=bytes(wrong)).sad, "a": content}
                serder = serdering.SerderKERI(sad=sad, makify=True)
                reason = problem(await checked(kit, bytes(hab.endorse(serder, last=False, pipelined=False)).decode()), 422, "response")
                assert "answers no challenge" in reason["errors"][0]["reason"], (content, reason)

    within(test)


def test_each_key_counts_once(within: Any) -> None:
    """keripy's own count takes one signature twice when it comes in both of CESR's codes for it."""

    async def test(kit: Kit) -> None:
        from keri.core import eventing, indexing, serdering

        with habery() as hby:
            hab = hby.makeHab("one", isith="2", icount=2, nsith="2", ncount=2)
            data = b"".join(messages(hab))
            await kit.ask("POST", "/app/ledger", body=data, headers={"content-type": "application/cesr"})
            raw = answered(hab)
            body = raw[: raw.index(b"}-") + 1]
            siger = hab.sign(ser=body, indexed=True)[0]
            twice = [siger, indexing.Siger(raw=siger.raw, code=indexing.IdrDex.Ed25519_Big_Sig, index=0, ondex=0)]
            serder = serdering.SerderKERI(raw=body)
            seal = eventing.SealEvent(i=hab.pre, s=f"{hab.kever.lastEst.s:x}", d=hab.kever.lastEst.d)
            told = (await checked(kit, bytes(eventing.messagize(serder, sigers=twice, seal=seal)).decode())).json
            assert not told["valid"] and "threshold" in told["reason"], told

    within(test)


def test_the_case_whose_content_is_a_text(within: Any) -> None:
    """Case 41 B, as it was found."""

    async def test(kit: Kit) -> None:
        told = problem(await checked(kit, (CASES / "41-answer-a-is-text.cesr").read_text()), 422, "response")
        assert "answers no challenge" in told["errors"][0]["reason"]

    within(test)
