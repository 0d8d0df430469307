"""Witnesses by the routes, over an outside that the test plays: what is refused, what is asked in which order, and what a failure costs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from keriwasm.web.outside import Answer, Request, refusal
from ledgerkit import habery, unsynced  # noqa: F401 (fixture)
from outsidekit import FakeOutside, answer
from slicekit import get, of_form, post, problem
from walletkit import PASSCODE, SLICES, place, quick, vault_of, wallet  # noqa: F401 (fixtures)
from workerkit import Kit

pytestmark = pytest.mark.usefixtures("quick", "unsynced")

WITH_LEDGER = {**SLICES, **{name: {"module": f"slices.{name}"} for name in ("ledger", "credentials")}}


class World:
    """Witnesses whose keys the test holds. odd: AID -> what it answers in place of a receipt."""

    def __init__(self, hby: Any, count: int) -> None:
        self.habs = {}
        for number in range(count):
            hab = hby.makeHab(f"w{number}", transferable=False)
            self.habs[hab.pre] = hab
        self.aids = list(self.habs)
        self.odd: dict[str, Answer | None] = {}
        self.asked: list[Request] = []

    def url(self, aid: str) -> str:
        return f"http://{aid.lower()[:12].replace('_', '-')}.example:5642/"

    def of(self, path: str) -> list[tuple[str, Request]]:
        """(witness, request) of all requests of this path."""
        return [(self.whose(each), each) for each in self.asked if each.url == self.url(self.whose(each)) + path]

    def whose(self, request: Request) -> str:
        return next(aid for aid in self.aids if request.url.startswith(self.url(aid)))

    def serve(self, request: Request) -> Answer | None:
        from keri.core import eventing, serdering

        self.asked.append(request)
        aid = self.whose(request)
        if aid in self.odd:
            return self.odd[aid]
        if not request.url.endswith("/receipts"):
            return answer(204)
        serder = serdering.SerderKERI(raw=bytearray(request.body))
        told = eventing.receipt(pre=serder.pre, sn=serder.sn, said=serder.said)
        return answer(200, bytes(eventing.messagize(told, cigars=self.habs[aid].sign(ser=serder.raw, indexed=False))))


@pytest.fixture
def within(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: F811
    """Runs a coroutine function with an open wallet that knows where four witnesses are."""
    from slices.ledger import book

    monkeypatch.setattr(book, "HEAD", tmp_path / "ledger")

    def start(test: Callable[[Kit, World], Awaitable[None]]) -> None:
        async def inner() -> None:
            with habery("world") as hby:
                world = World(hby, 4)
                async with wallet(place, slices=WITH_LEDGER) as kit:
                    kit.worker.outside = FakeOutside(world.serve)
                    from keri.db import basing

                    with vault_of(kit).change() as own:
                        for aid in world.aids:
                            own.db.locs.pin(keys=(aid, "http"), val=basing.LocationRecord(url=world.url(aid)))
                    await test(kit, world)
                    assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

        asyncio.run(inner())

    return start


async def made(kit: Kit, **fields: Any) -> dict[str, Any]:
    got = await post(kit, "/app/identifiers", **{"alias": "one", **fields})
    assert got.status == 201, got.text
    return got.json


async def settled(kit: Kit, aid: str) -> dict[str, Any]:
    """The identifier, once nothing is under way for it."""
    from slices.witnessing import collecting

    for _ in range(400):
        if not collecting.of(kit.worker).busy(vault_of(kit).hby.habs[aid]):
            return (await kit.ask("GET", f"/app/identifiers/{aid}")).json
        await asyncio.sleep(0.02)
    raise AssertionError(collecting.of(kit.worker).cases[aid])


def test_fields_that_are_refused(within: Any) -> None:
    async def test(kit: Kit, world: World) -> None:
        a, b, c, d = world.aids
        own = await made(kit, alias="own")
        for fields, field, words in (
            ({"witnesses": [a, a]}, "witnesses", "twice"),
            ({"witnesses": [own["aid"]]}, "witnesses", "can rotate its keys"),
            ({"witnesses": ["Bx"]}, "witnesses", "neither an AID nor an OOBI"),
            ({"witnesses": [f"{a}{b}"]}, "witnesses", "neither an AID nor an OOBI"),
            ({"witnesses": [1]}, "witnesses", "list of texts"),
            ({"witnesses": ["BA" + "x" * 42]}, "witnesses", "no web address"),
            ({"witnesses": ["http://a.example/not"]}, "witnesses", "is no OOBI"),
            ({"witnesses": [f"{a[:-2]}{number:02}" for number in range(21)]}, "witnesses", "20 at most"),
            ({"witnesses": [a, b], "toad": 3}, "toad", "1 to 2"),
            ({"witnesses": [a, b], "toad": 0}, "toad", "1 to 2"),
            ({"toad": 1}, "toad", "no witnesses"),
            ({"witnesses": [a], "transferable": False}, "witnesses", "can rotate only"),
        ):
            assert words in problem(await post(kit, "/app/identifiers", alias="x", **fields), 422, field)["detail"], fields
        world.odd = {b: refusal("unreachable", "x"), c: refusal("unreachable", "x")}
        aid = (await made(kit, witnesses=[a, b, c]))["aid"]
        await settled(kit, aid)
        for fields, field, words in (
            ({"cut": [d]}, "cut", "no witness of this identifier"),
            ({"cut": [a, a]}, "cut", "twice"),
            ({"cut": [f"http://a.example/oobi/{d}"]}, "cut", "no witness"),
            ({"add": [a]}, "add", "already"),
            ({"add": [d], "toad": 5}, "toad", "1 to 4"),
            ({"cut": [b]}, "cut", "too few witnesses for event 0, which has 1 of 3"),
        ):
            assert words in problem(await post(kit, f"/app/identifiers/{aid}/rotate", **fields), 422, field)["detail"], fields
        for codes, words in (([1], "an object"), ({d: "1"}, "no witness"), ({a: "1 2"}, "no one-time code")):
            assert words in problem(await post(kit, f"/app/identifiers/{aid}/receipts", codes=codes), 422, "codes")["detail"]
        problem(await post(kit, f"/app/identifiers/{own['aid']}/receipts"), 422, "aid")
        world.odd = {}
        assert (await post(kit, f"/app/identifiers/{aid}/receipts")).json["receipts"] == 3
        turned = await post(kit, f"/app/identifiers/{aid}/rotate", cut=[f"{world.url(b)}oobi/{b}/controller"], toad=1)
        assert (turned.status, turned.json["toad"], turned.json["witnesses"]) == (201, 1, [a, c])

    within(test)


def test_boxes_come_back_as_they_were() -> None:
    from slices.witnessing import drafts

    assert drafts.filled(of_form("add=a%0Ab&cut=Bx&cut=By"), drafts.ROTATED) == {"add": "a\nb", "cut": "Bx,By", "toad": ""}
    assert drafts.filled(of_form("cut=Bx,By"), drafts.ROTATED)["cut"] == "Bx,By", "as the address has it"


def test_a_failure_costs_one_receipt_and_its_reason_is_told(within: Any) -> None:
    async def test(kit: Kit, world: World) -> None:
        a, b, c, d = world.aids
        other = answer(200, b'{"v":"KERI10JSON000091_","t":"rct"')
        world.odd = {a: answer(406), b: refusal("ask", "x"), c: other}
        aid = (await made(kit, witnesses=[a, b, c, d]))["aid"]
        shown = await settled(kit, aid)
        assert (shown["receipts"], [each["receipted"] for each in shown["witnesses"]]) == (1, [False, False, False, True])
        assert [each["witnessed"] for each in shown["events"]] == [False]
        count = len(world.asked)
        page = (await get(kit, f"/app/identifiers/{aid}")).text
        for words in ("answers with 406", "allow it under Network", "no receipt of this event", "below its threshold: 1 of 3"):
            assert words in page, words
        await asyncio.sleep(0.3)
        assert len(world.asked) == count, "nobody is asked again at once"
        world.odd = {a: answer(401), c: answer(202)}
        told = (await post(kit, f"/app/identifiers/{aid}/receipts")).json
        assert (told["receipts"], told["toad"]) == (2, 3)
        assert "one-time code" in told["witnesses"][0]["problem"] and "comes before" in told["witnesses"][2]["problem"]
        assert f'name="code-{a}"' in (await get(kit, f"/app/identifiers/{aid}/receipts")).text
        told = (await post(kit, f"/app/identifiers/{aid}/receipts", codes={a: "654321"})).json
        assert "did not take the one-time code" in told["witnesses"][0]["problem"]
        page = (await get(kit, f"/app/identifiers/{aid}/receipts")).text
        assert f'id="receipts-code-{a}-error"' in page and f"{a[:10]}… did not take that code" in page and "hx-trigger" not in page
        world.odd, world.asked = {}, []
        told = (await post(kit, f"/app/identifiers/{aid}/receipts", codes={a: "123456"})).json
        assert (told["receipts"], {each["problem"] for each in told["witnesses"]}) == (4, {None})
        sent = [dict(each.headers).get("Authorization", "") for whose, each in world.of("receipts") if whose == a]
        assert len(sent) == 1 and sent[0].startswith("123456#20"), "a code is sent once"
        assert sorted(whose for whose, _ in world.of("receipts")) == sorted([a, c]), "nobody is asked for a receipt that is here"
        # Each of the others' receipts is with each witness: the last that it was sent has three.
        last = dict(world.of(""))
        assert {dict(each.headers)["CESR-ATTACHMENT"][:4] for each in last.values()} == {"-CAD"} and len(last) == 4
        assert (await settled(kit, aid))["events"][0]["witnessed"] is True

    within(test)


def test_who_wants_a_code_is_asked_again_with_one_or_by_the_user_only(within: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from slices.witnessing import collecting

    async def test(kit: Kit, world: World) -> None:
        a, b, *_ = world.aids
        monkeypatch.setattr(collecting, "PAUSES", (0.05, 600.0))
        world.odd = {a: answer(401), b: refusal("unreachable", "x")}
        aid = (await made(kit, witnesses=[a, b]))["aid"]

        def asked(whose: str) -> int:
            return sum(each == whose for each, _ in world.of("receipts"))

        for _ in range(400):
            if asked(b) == 2:
                break
            await asyncio.sleep(0.01)
        told = await settled(kit, aid)
        assert (asked(a), asked(b), told["receipts"]) == (1, 2, 0), "a silent one is tried again by itself, and it alone"
        await post(kit, f"/app/identifiers/{aid}/receipts")
        assert asked(a) == 2
        await post(kit, f"/app/identifiers/{aid}/interact", text="x")
        await settled(kit, aid)
        taken = iter((True,))

        def once(request: Request) -> Answer | None:
            """It takes a code for one event."""
            if world.whose(request) == a and request.url.endswith("/receipts"):
                coded = "Authorization" in dict(request.headers) and next(taken, False)
                world.odd = {b: answer(401), **({} if coded else {a: answer(401)})}
            return world.serve(request)

        kit.worker.outside.serve = once
        told = (await post(kit, f"/app/identifiers/{aid}/receipts", codes={a: "123456"})).json
        assert "wants another one-time code" in told["witnesses"][0]["problem"], told

    within(test)


def sealed(body: Any, kever: Any, number: int = 0) -> Answer:
    """What a host answers at /aids."""
    from keri.core import Encrypter, coring

    plain = coring.Matter(raw=body, code=coring.MtrDex.Ed25519_Seed)
    return answer(200, json.dumps({"totp": Encrypter(verkey=kever.verfers[number].qb64).encrypt(prim=plain).qb64}).encode())


def test_the_secret_of_codes_is_opened_and_kept_nowhere(within: Any) -> None:
    async def test(kit: Kit, world: World) -> None:
        a, b, *_ = world.aids
        aid = (await made(kit, keys=2, witnesses=[a]))["aid"]
        await settled(kit, aid)
        kever, secret = vault_of(kit).hby.habs[aid].kever, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
        path = f"/app/identifiers/{aid}/codes"
        for number in (0, 1):
            world.odd, world.asked = {a: sealed(secret.encode(), kever, number)}, []
            told = (await post(kit, path, witness=a)).json
            assert told["secret"] == secret and told["otpauth"].startswith("otpauth://totp/") and f"?secret={secret}&" in told["otpauth"]
            (sent,) = world.asked
            assert (sent.method, sent.url) == ("POST", world.url(a) + "aids")
            assert dict(sent.headers)["content-type"].startswith("multipart/form-data; boundary=") and b'name="kel"' in sent.body
            assert kever.serder.raw in sent.body
        problem(await post(kit, path, witness=b), 422, "witness")
        with habery("other") as hby:
            strange = hby.makeHab("x").kever
        for odd, words in (
            (answer(404), "gives out no secret (404)"),
            (answer(500, b"broken"), "status 500: broken"),
            (answer(200, b"[]"), "holds no sealed secret"),
            (answer(200, b'{"totp": "PAAA"}'), "holds no sealed secret"),
            (sealed(b"?" * 32, kever), "no secret of one-time codes"),
            (sealed(secret.encode(), strange), "another key"),
        ):
            world.odd = {a: odd}
            assert words in problem(await post(kit, path, witness=a), 502, "witness")["detail"], words
        world.odd = {a: refusal("ask", "Not yet.")}
        told = problem(await post(kit, path, witness=a), 403, "witness")
        assert (told["outside"], told["again"]) == ("ask", f"app/identifiers/{aid}")

    within(test)


def test_a_lock_ends_it_and_the_next_unlock_goes_on(within: Any) -> None:
    async def test(kit: Kit, world: World) -> None:
        world.odd = dict.fromkeys(world.aids)  # they say nothing at all
        aid = (await made(kit, witnesses=world.aids))["aid"]
        while len(world.asked) < 4:
            await asyncio.sleep(0.01)
        assert sorted(each for each, _ in world.of("receipts")) == sorted(world.aids), "all were asked before any had answered"
        await post(kit, "/app/wallet/lock")
        problem(await post(kit, f"/app/identifiers/{aid}/receipts"), 423)
        world.odd = {}
        await post(kit, "/app/wallet/unlock", passcode=PASSCODE)
        assert (await settled(kit, aid))["receipts"] == 4

    within(test)


def test_a_registry_s_anchor_is_receipted_like_any_event(within: Any) -> None:
    async def test(kit: Kit, world: World) -> None:
        aid = (await made(kit, witnesses=world.aids[:2]))["aid"]
        opened = await kit.ask("POST", "/app/credentials/registries", json_body={"identifier": aid, "name": "r"})
        assert opened.status == 200, opened.text
        told = (await settled(kit, aid))["events"]
        assert [(each["type"], each["witnessed"], len(each["receipts"])) for each in told] == [("icp", True, 2), ("ixn", True, 2)]

    within(test)


def test_a_delegator_s_log_goes_first(within: Any) -> None:
    async def test(kit: Kit, world: World) -> None:
        boss = (await made(kit, alias="boss"))["aid"]
        aid = (await made(kit, alias="agent", delegator=boss, witnesses=world.aids[:2]))["aid"]
        shown = await settled(kit, aid)
        assert shown["receipts"] == 2
        (first, *_) = [each for whose, each in world.of("") + world.of("receipts") if whose == world.aids[0]]
        assert first.method == "PUT" and f'"i":"{boss}"'.encode() in first.body and shown["digest"].encode() in first.body
        assert json.loads(world.of("receipts")[0][1].body)["t"] == "dip"
        await post(kit, f"/app/identifiers/{aid}/rotate", add=[world.aids[2]])
        assert (await settled(kit, aid))["receipts"] == 3
        puts = [each.body for whose, each in world.of("") if whose == world.aids[2] and each.method == "PUT"]
        assert len(puts) == 2 and b'"t":"dip"' in puts[1], "a new one gets the delegator's log and then its own"

    within(test)
