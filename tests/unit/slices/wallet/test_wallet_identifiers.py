"""Identifiers by the routes: create, show, rotate, anchor, sign, share, rename, challenge; what is refused; what is text."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from slicekit import Page, form, get, post, problem, upload
from walletkit import PASSCODE, habs, place, quick, vault_of, wallet  # noqa: F401 (fixtures)
from workerkit import Answer, Kit

pytestmark = pytest.mark.usefixtures("quick")

EVIL = "<script>alert('x')</script>"
HALVES = ["1/2", "1/2", "1/2"]


@pytest.fixture
def within(place: Path) -> Callable[[Callable[[Kit], Awaitable[None]]], None]:  # noqa: F811
    """Runs a coroutine function with an open wallet."""

    def start(test: Callable[[Kit], Awaitable[None]]) -> None:
        async def inner() -> None:
            async with wallet(place) as kit:
                await test(kit)
                assert not kit.faults(), kit.faults()

        asyncio.run(inner())

    return start


async def made(kit: Kit, **fields: Any) -> dict[str, Any]:
    answer = await post(kit, "/app/identifiers", **{"alias": "first", **fields})
    assert answer.status == 201, answer.text
    return answer.json


async def page(kit: Kit, path: str) -> Page:
    answer = await get(kit, path)
    assert answer.status == 200, answer.text
    shown = Page(answer.text)
    assert shown.problems == [], (path, shown.problems)
    return shown


def verified(messages: bytes) -> dict[str, Any]:
    """AID -> Kever after a stranger's keripy has read these messages."""
    from keri.app import habbing
    from keri.core import eventing, parsing

    with habbing.openHby(name="stranger", temp=True) as hby:
        kevery = eventing.Kevery(db=hby.db, lax=True, local=False)
        parsing.Parser(framed=True, kvy=kevery).parse(ims=bytearray(messages), kvy=kevery, local=False)
        kevery.processEscrows()
        return {pre: kever.sner.num for pre, kever in hby.kevers.items()}


def test_a_life_in_events(within: Any) -> None:
    async def test(kit: Kit) -> None:
        first = await made(kit)
        aid = first["aid"]
        assert first.items() >= {"alias": "first", "sn": 0, "threshold": 1, "next_threshold": 1}.items()
        rotated = await post(kit, f"/app/identifiers/{aid}/rotate", next_keys=3, next_threshold=HALVES, sn=0)
        assert rotated.status == 201 and rotated.json["type"] == "rot" and rotated.json["sn"] == 1
        assert rotated.json["reveals"] == [{"key": 0, "next": 0, "from": 0}]
        anchored = await post(kit, f"/app/identifiers/{aid}/interact", data=[{"d": "E" + "A" * 43}])
        assert anchored.json["seals"] == [{"d": "E" + "A" * 43}] and anchored.json["checks"]["prerotation"] is None
        third = await post(kit, f"/app/identifiers/{aid}/rotate", sn=2)
        assert third.json["threshold"] == HALVES and len(third.json["signatures"]) == 3
        assert sorted((each["key"], each["next"]) for each in third.json["reveals"]) == [(0, 0), (1, 1), (2, 2)]
        state = (await kit.ask("GET", f"/app/identifiers/{aid}")).json
        assert [each["type"] for each in state["events"]] == ["icp", "rot", "ixn", "rot"]
        assert all(each["valid"] for each in state["events"]) and state["next"] is None
        assert (
            state["digest"] == state["events"][-1]["digest"] and state["events"][3]["prior"] == anchored.json["digest"]
        )
        part = (await kit.ask("GET", f"/app/identifiers/{aid}?from=1&count=2")).json
        assert [each["sn"] for each in part["events"]] == [1, 2] and part["next"] == 3
        kel = await kit.ask("GET", f"/app/identifiers/{aid}/kel")
        assert kel.headers["content-type"] == "application/cesr"
        assert kel.body == bytes(vault_of(kit).hby.habs[aid].replay()) and verified(kel.body)[aid] == 3
        listed = (await kit.ask("GET", "/app/identifiers")).json["identifiers"]
        assert [(each["aid"], each["sn"]) for each in listed] == [(aid, 3)]
        assert (await kit.ask("GET", "/app/wallet")).json["identifiers"] == listed
        shown = await page(kit, f"/app/identifiers/{aid}")
        assert "Rotation" in shown.text and "promised" in shown.text and len(shown.all("circle")) >= 3 + 1 + 1
        for path in ("/app/identifiers", "/app/wallet", f"/app/identifiers/{aid}/share", "/app/wallet/challenge"):
            await page(kit, path)

    within(test)


def test_a_form_sent_twice_rotates_once(within: Any) -> None:
    async def test(kit: Kit) -> None:
        aid = (await made(kit))["aid"]
        for act in ("rotate", "interact"):
            sn = (await kit.ask("GET", f"/app/identifiers/{aid}")).json["sn"]
            ids = [
                kit.begin("POST", f"/app/identifiers/{aid}/{act}", body=json.dumps({"sn": sn}).encode(),
                          headers={"content-type": "application/json"})
                for _ in range(4)
            ]  # fmt: skip
            answers = [await kit.answer(each) for each in ids]
            assert sorted(each.status for each in answers) == [201, 409, 409, 409]
            told = problem(next(each for each in answers if each.status == 409), 409)
            assert told["sn"] == sn + 1 and told["expected"] == sn
            assert (await kit.ask("GET", f"/app/identifiers/{aid}")).json["sn"] == sn + 1
        shown = await page(kit, f"/app/identifiers/{aid}")
        assert {each["value"] for each in shown.all("input", name="sn")} == {"2"}

    within(test)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"alias": ""}, "alias"),
        ({"alias": "x" * 101}, "alias"),
        ({"keys": 0}, "keys"),
        ({"keys": 65}, "keys"),
        ({"keys": 2, "threshold": 3}, "threshold"),
        ({"keys": 2, "threshold": 0}, "threshold"),
        ({"keys": 2, "threshold": -1}, "threshold"),
        ({"keys": 2, "threshold": HALVES}, "threshold"),
        ({"keys": 3, "threshold": ["1/4", "1/4", "1/4"]}, "threshold"),
        ({"keys": 1, "threshold": ["2/1"]}, "threshold"),
        ({"keys": 1, "threshold": ["1/0"]}, "threshold"),
        ({"keys": 1, "threshold": "many"}, "threshold"),
        ({"keys": 1, "threshold": [[]]}, "threshold"),
        ({"keys": 1, "threshold": {}}, "threshold"),
        ({"keys": 1, "threshold": True}, "threshold"),
        ({"keys": 3, "threshold": [{"1/2": ["1/2", {"1/2": ["1"]}]}, "1/2"]}, "threshold"),
        ({"keys": 2, "threshold": [{"1/2": ["1/4"]}, "1/2"]}, "threshold"),
        ({"keys": 2, "threshold": [{"1/2": ["1"], "1/3": ["1"]}]}, "threshold"),
        ({"keys": 1, "next_keys": 2, "next_threshold": 3}, "next_threshold"),
        ({"transferable": False, "keys": 2}, "keys"),
        ({"transferable": "perhaps"}, "transferable"),
        ({"delegator": "E" + "A" * 43}, "delegator"),
        ({"delegator": "nobody here"}, "delegator"),
        ({"algo": "none"}, "algo"),
    ],
)
def test_what_cannot_be_an_identifier(within: Any, fields: dict[str, Any], field: str | None) -> None:
    async def test(kit: Kit) -> None:
        told = await post(kit, "/app/identifiers", **{"alias": "first", **fields})
        problem(told, 422 if field else 404, field)
        assert not vault_of(kit).hby.habs and vault_of(kit).worker.disk.undone == 0

    within(test)


def test_25_an_identifier_with_nested_weights(within: Any) -> None:
    wanted = json.loads((Path(__file__).resolve().parents[3] / "cases" / "25-create-nested.json").read_bytes())

    async def test(kit: Kit) -> None:
        first = await post(kit, "/app/identifiers", **wanted)
        assert first.status == 201 and first.json["threshold"] == wanted["threshold"], first.text
        aid = first.json["aid"]
        assert "1/2 of (1/2, 1/2), 1/2, 1/2 (a sum of 1)" in (await page(kit, f"/app/identifiers/{aid}")).text
        rotated = await post(kit, f"/app/identifiers/{aid}/rotate", sn=0)
        assert rotated.status == 201 and rotated.json["threshold"] == wanted["threshold"], rotated.text
        kel = await kit.ask("GET", f"/app/identifiers/{aid}/kel")
        assert verified(kel.body)[aid] == 1

    within(test)


@pytest.mark.parametrize(
    ("typed", "keys", "kept"),
    [
        ("2", 3, 2), ("1/2, 1/2,1/2", 3, HALVES), ("[\"1/2\",\"1/2\"]", 2, ["1/2", "1/2"]),
        ("1/2,1/2; 1", 3, [["1/2", "1/2"], ["1"]]), ("16", 20, 16),
        ('[{"1/2": ["1/2", "1/2"]}, "1/2", "1/2"]', 4, [{"1/2": ["1/2", "1/2"]}, "1/2", "1/2"]),
    ],
)  # fmt: skip
def test_thresholds_as_people_type_them(within: Any, typed: str, keys: int, kept: Any) -> None:
    async def test(kit: Kit) -> None:
        done = await form(
            kit, "/app/identifiers", alias="a", keys=str(keys), threshold=typed, next_keys="", next_threshold=""
        )
        assert done.status == 201, done.text
        (one,) = (await kit.ask("GET", "/app/identifiers")).json["identifiers"]
        assert one["threshold"] == kept and one["next_threshold"] == kept and len(one["next_digests"]) == keys
        assert done.headers["hx-push-url"] == f"app/identifiers/{one['aid']}" and done.headers["hx-retarget"] == "#main"
        assert Page(done.text).problems == []
        assert (await post(kit, f"/app/identifiers/{one['aid']}/rotate")).json["valid"]

    within(test)


def test_not_transferable_and_ended(within: Any) -> None:
    async def test(kit: Kit) -> None:
        fixed = await made(kit, transferable=False)
        assert fixed["aid"].startswith("B") and not fixed["transferable"] and fixed["next_digests"] == []
        problem(await post(kit, f"/app/identifiers/{fixed['aid']}/rotate"), 422, "aid")
        problem(await post(kit, f"/app/identifiers/{fixed['aid']}/interact"), 422, "aid")
        assert len((await post(kit, f"/app/identifiers/{fixed['aid']}/sign", text="x")).json["signatures"]) == 1
        aid = (await made(kit, alias="second"))["aid"]
        problem(await post(kit, f"/app/identifiers/{aid}/rotate", next_keys=0), 422, "next_keys")
        ending = {"next_keys": 0, "end": True}
        problem(await post(kit, f"/app/identifiers/{aid}/rotate", **ending), 422, "passcode")
        problem(await post(kit, f"/app/identifiers/{aid}/rotate", **ending, passcode="another one, as long"), 422, "passcode")
        assert (await kit.ask("GET", "/app/wallet")).json["failures"] == 1  # as any wrong try
        assert (await kit.ask("GET", f"/app/identifiers/{aid}")).json["sn"] == 0
        ended = await post(kit, f"/app/identifiers/{aid}/rotate", **ending, passcode=PASSCODE)
        assert ended.json["next_digests"] == [] and ended.json["sn"] == 1
        problem(await post(kit, f"/app/identifiers/{aid}/rotate"), 422, "aid")
        for one in (fixed["aid"], aid):
            assert "Not possible" in (await page(kit, f"/app/identifiers/{one}")).text

    within(test)


def test_delegation_between_two_of_ours(within: Any) -> None:
    async def test(kit: Kit) -> None:
        boss = (await made(kit, alias="boss"))["aid"]
        aid = (await made(kit, alias="deputy", delegator=boss))["aid"]
        state = (await kit.ask("GET", f"/app/identifiers/{aid}")).json
        assert state["delegator"] == boss and state["events"][0]["type"] == "dip" and state["events"][0]["valid"]
        assert (await post(kit, f"/app/identifiers/{aid}/rotate")).json["type"] == "drt"
        seals = [each["seals"] for each in (await kit.ask("GET", f"/app/identifiers/{boss}")).json["events"]]
        assert [seal["s"] for found in seals for seal in found] == ["0", "1"]
        kel = (await kit.ask("GET", f"/app/identifiers/{aid}/kel")).body
        assert verified(kel).items() >= {boss: 2, aid: 1}.items(), "a stranger accepts it with nothing but these bytes"
        fixed = (await made(kit, alias="fixed", transferable=False))["aid"]
        problem(await post(kit, "/app/identifiers", alias="x", delegator=fixed), 422, "delegator")

    within(test)


def test_signatures_fit_the_keys(within: Any) -> None:
    from keri.core import indexing

    async def test(kit: Kit) -> None:
        aid = (await made(kit, keys=3, threshold=2))["aid"]
        content = bytes(range(256)) * 50
        texts = await post(kit, f"/app/identifiers/{aid}/sign", text="Grüße")
        binary = await post(kit, f"/app/identifiers/{aid}/sign", data=content)
        filed = await upload(kit, f"/app/identifiers/{aid}/sign", [("file", ("a.bin", content))])
        assert binary.json["signatures"] == filed.json["signatures"] != texts.json["signatures"]
        for answer, message in ((texts, "Grüße".encode()), (filed, content)):
            assert len(answer.json["signatures"]) == 3 and answer.json["sn"] == 0
            for qb64, verfer in zip(answer.json["signatures"], vault_of(kit).kevers[aid].verfers, strict=True):
                assert verfer.verify(indexing.Siger(qb64=qb64).raw, message)
        problem(await post(kit, f"/app/identifiers/{aid}/sign"), 422, "text")
        problem(await post(kit, f"/app/identifiers/{'E' + 'A' * 43}/sign", text="x"), 404)
        shown = await upload(kit, f"/app/identifiers/{aid}/sign", [("text", ""), ("file", (EVIL, b"x"))], "text/html")
        assert shown.status == 200 and EVIL not in shown.text and "&lt;script&gt;" in shown.text

    within(test)


def test_what_is_anchored(within: Any) -> None:
    from keri.core import coring

    async def test(kit: Kit) -> None:
        aid = (await made(kit))["aid"]
        path = f"/app/identifiers/{aid}/interact"
        digest = coring.Diger(ser=b"a text").qb64
        assert (await post(kit, path, text="a text")).json["seals"] == [{"d": digest}]
        filed = await upload(kit, path, [("text", ""), ("data", ""), ("file", ("f", b"a text"))])
        assert filed.json["seals"] == [{"d": digest}]
        typed = await form(kit, path, text="", data=json.dumps({"note": EVIL}))
        assert typed.status == 201 and EVIL not in typed.text and "&lt;script&gt;" in typed.text
        assert (await post(kit, path, data={"one": 1})).json["seals"] == [{"one": 1}]
        assert (await post(kit, path)).json["seals"] == []
        for wrong, field in (
            ({"data": "text"}, "data"), ({"data": [1]}, "data"), ({"data": [], "text": "x"}, "text"),
            ({"data": [{"x": "y" * 70000}]}, "data"),
        ):  # fmt: skip
            answer = await post(kit, path, **wrong)
            problem(answer, 413 if len(answer.text) and "65536" in answer.text else 422, field)
        problem(await upload(kit, path, [("data", "{no json")]), 422, "data")
        assert (await kit.ask("GET", f"/app/identifiers/{aid}")).json["sn"] == 5

    within(test)


def test_names_are_text_and_one_of_a_kind(within: Any) -> None:
    async def test(kit: Kit) -> None:
        aid = (await made(kit, alias=EVIL))["aid"]
        problem(await post(kit, "/app/identifiers", alias=EVIL), 422, "alias")
        other = (await made(kit, alias="other"))["aid"]
        problem(await post(kit, f"/app/identifiers/{other}/rename", alias=EVIL), 422, "alias")
        for path in (f"/app/identifiers/{aid}", f"/app/identifiers/{aid}/share", "/app/identifiers", "/app/wallet",
                     "/app/wallet/panel", "/app/wallet/challenge"):  # fmt: skip
            answer = await get(kit, path)
            assert answer.status == 200 and EVIL not in answer.text and "&lt;script&gt;" in answer.text, path
        renamed = await form(kit, f"/app/identifiers/{aid}/rename", alias="{{ 7*7 }}^.")
        assert renamed.status == 200 and "49" not in renamed.text.split("Renamed")[1][:200]
        await post(kit, "/app/wallet/lock")
        await post(kit, "/app/wallet/unlock", passcode=PASSCODE)
        assert [hab.name for hab in habs(vault_of(kit).hby) if hab.pre == aid] == ["{{ 7*7 }}^."]
        assert (await post(kit, f"/app/identifiers/{aid}/rename", alias="{{ 7*7 }}^.")).status == 200
        assert (await made(kit, alias=EVIL))["alias"] == EVIL, "the old name is free"
        assert (await post(kit, f"/app/identifiers/{aid}/rotate")).json["valid"]

    within(test)


def test_one_event_in_full_and_the_log_in_codes(within: Any) -> None:
    async def test(kit: Kit) -> None:
        aid = (await made(kit, keys=40, threshold=20))["aid"]
        for _ in range(3):
            await post(kit, f"/app/identifiers/{aid}/interact", data={"n": 1})
        kel = (await kit.ask("GET", f"/app/identifiers/{aid}/kel")).body
        parts = []
        for sn in range(4):
            event = (await kit.ask("GET", f"/app/identifiers/{aid}/events/{sn}")).json
            assert event["cesr"].startswith(event["json"]) and json.loads(event["json"])["s"] == str(sn)
            parts.append(event["cesr"])
        assert "".join(parts).encode() == kel
        for sn in ("4", "-1", "x", "99999999999", "٣"):
            problem(await kit.ask("GET", f"/app/identifiers/{aid}/events/{sn}".encode().decode("latin-1")
                                  if sn.isascii() else f"/app/identifiers/{aid}/events/%D9%A3"), 404)  # fmt: skip
        assert "KERI10JSON" in (await get(kit, f"/app/identifiers/{aid}/events/1")).text
        share = (await kit.ask("GET", f"/app/identifiers/{aid}/share")).json
        assert share["bytes"] == len(kel) and share["parts"][0] is None, "forty keys fit no code, and it says so"
        assert "larger than" in (await page(kit, f"/app/identifiers/{aid}/share")).text
        small = (await made(kit, alias="small"))["aid"]
        for _ in range(3):
            await post(kit, f"/app/identifiers/{small}/rotate")
        share = (await kit.ask("GET", f"/app/identifiers/{small}/share")).json
        assert (
            len(share["parts"]) > 1
            and "".join(share["parts"]).encode() == (await kit.ask("GET", f"/app/identifiers/{small}/kel")).body
        )
        shown = await page(kit, f"/app/identifiers/{small}/share?part=2")
        assert len(shown.all("svg", **{"class": "qr"})) == 2
        assert share["oobis"] == [] and "it has no witnesses" in shown.text and "when it is rotated" in shown.text
        fixed = (await made(kit, alias="fixed", transferable=False))["aid"]
        assert "cannot rotate: make one with witnesses" in (await page(kit, f"/app/identifiers/{fixed}/share")).text
        assert (await get(kit, f"/app/identifiers/{small}/share?part=99")).status == 422

    within(test)


def test_a_long_log_comes_in_parts(within: Any) -> None:
    async def test(kit: Kit) -> None:
        aid = (await made(kit))["aid"]
        with vault_of(kit).change() as hby:
            for _ in range(45):
                hby.habs[aid].interact()
        first = await page(kit, f"/app/identifiers/{aid}")
        assert [each["id"] for each in first.all("li") if each.get("id", "").startswith("event-")][-1] == "event-26"
        more = (await kit.ask("GET", f"/app/identifiers/{aid}/events?before=25")).json
        assert [each["sn"] for each in more["events"]] == list(range(25, 5, -1)) and more["before"] == 5
        last = (await kit.ask("GET", f"/app/identifiers/{aid}/events?before=5")).json
        assert last["before"] is None and last["events"][-1]["type"] == "icp"
        problem(await kit.ask("GET", f"/app/identifiers/{aid}/events?before=99"), 422, "before")
        assert not first.all("input", name="before"), "a short log needs no way to its middle"
        with vault_of(kit).change() as hby:
            for _ in range(80):
                hby.habs[aid].interact()
        long = await page(kit, f"/app/identifiers/{aid}")
        (field,) = long.all("input", name="before")
        assert field["max"] == "105" and long.all("form", action=f"app/identifiers/{aid}/events")

    within(test)


def test_a_damaged_log_is_seen(within: Any) -> None:
    """Each check can fail: what is stored is changed behind keripy's back."""
    from keri.db import dbing
    from slices.kels import timeline

    async def test(kit: Kit) -> None:
        aid = (await made(kit, keys=2, threshold=2))["aid"]
        await post(kit, f"/app/identifiers/{aid}/rotate")
        hby = vault_of(kit).hby
        db, hab = hby.db, hby.habs[aid]
        key = dbing.dgKey(aid, hab.kever.serder.said)
        good = timeline.event(db, aid, 1, 0)
        assert good["valid"]
        sigs = [bytes(each) for each in db.getSigs(key)]
        db.delSigs(key, sigs[1])
        assert timeline.event(db, aid, 1, 0)["checks"].items() >= {"signatures": True, "threshold": False}.items()
        other = hab.sign(b"something else")[1].qb64b
        db.addSig(key, other)
        assert timeline.event(db, aid, 1, 0)["checks"].items() >= {"signatures": False, "threshold": False}.items()
        raw = bytes(db.getEvt(key))
        db.setEvt(key, raw.replace(b'"kt":"2"', b'"kt":"1"'))
        assert timeline.event(db, aid, 1, 0)["checks"]["said"] is False
        db.setEvt(key, raw.replace(good["keys"][0].encode(), (await made(kit, alias="z"))["keys"][0].encode()))
        assert timeline.event(db, aid, 1, 0)["checks"]["prerotation"] is False
        db.setEvt(key, raw.replace(good["prior"].encode(), b"E" + b"A" * 43))
        broken = timeline.event(db, aid, 1, 0)
        assert broken["checks"]["chain"] is False and not broken["valid"]

    within(test)


def test_challenge_words(within: Any) -> None:
    async def test(kit: Kit) -> None:
        aid = (await made(kit, keys=2, threshold=2))["aid"]
        fixed = (await made(kit, alias="fixed", transferable=False))["aid"]
        words = (await post(kit, "/app/wallet/challenge")).json["words"]
        assert len(words) == 12 and words != (await post(kit, "/app/wallet/challenge")).json["words"]
        for one in (aid, fixed):
            response = (await post(kit, f"/app/identifiers/{one}/challenge", words=" ".join(words).upper())).json[
                "response"
            ]
            checked = await ask_verify(kit, words, response)
            assert checked.json == {**checked.json, "valid": True, "aid": one, "reason": ""}
            other = (await ask_verify(kit, [*words[:-1], "zoo" if words[-1] != "zoo" else "zone"], response)).json
            assert not other["valid"] and "other words" in other["reason"]
            at = response.index(words[0])
            forged = response[:at] + words[0][1:] + words[0][:1] + response[at + len(words[0]) :]
            assert (await ask_verify(kit, words, forged)).status == 422 or not (
                await ask_verify(kit, words, forged)
            ).json["valid"]
        response = (await post(kit, f"/app/identifiers/{aid}/challenge", words=words)).json["response"]
        await post(kit, f"/app/identifiers/{aid}/rotate")
        late = (await ask_verify(kit, words, response)).json
        assert not late["valid"] and "current" in late["reason"]
        for wrong, field in (({"words": "two words", "response": "x"}, "words"), ({"words": words, "response": "x"}, "response"),
                             ({"words": words}, "response"), ({"words": 5, "response": "x"}, "words")):  # fmt: skip
            problem(await post(kit, "/app/wallet/challenge/verify", **wrong), 422, field)
        problem(await post(kit, f"/app/identifiers/{aid}/challenge", words=["a"]), 422, "words")
        shown = await form(kit, "/app/wallet/challenge/verify", words=" ".join(words), response=response)
        assert "current" in shown.text and Page(shown.text).problems == []
        assert Page((await form(kit, f"/app/identifiers/{aid}/challenge", words=" ".join(words))).text).problems == []

    within(test)


async def ask_verify(kit: Kit, words: list[str], response: str) -> Answer:
    return await post(kit, "/app/wallet/challenge/verify", words=words, response=response)


def test_a_stranger_is_not_believed(within: Any) -> None:
    from keri.app import habbing

    async def test(kit: Kit) -> None:
        words = [f"word{number}" for number in range(12)]
        with habbing.openHab(name="stranger", temp=True) as (_, hab):
            response = bytes(hab.exchange(route="/challenge/response", payload={"words": words}, recipient="")).decode()
            told = (await ask_verify(kit, words, response)).json
            assert not told["valid"] and "not known here" in told["reason"]
            other = bytes(hab.exchange(route="/other", payload={"words": words}, recipient="")).decode()
            problem(await ask_verify(kit, words, other), 422, "response")

    within(test)
