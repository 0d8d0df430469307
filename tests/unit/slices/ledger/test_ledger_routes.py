"""The ledger by its routes: imports by every way in, the list, one identifier, contacts, verification; pages and refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import falcon
import falcon.testing
import msgpack
import pytest
from keriwasm.imports import native
from ledgerkit import habery, ledger, messages, unsynced  # noqa: F401 (fixtures)
from slicekit import HTML, Page, form, get, post, problem, upload
from slices.verifying import Check
from workerkit import Answer, Kit

EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>"


@pytest.fixture
def within(unsynced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: F811
    """Runs a coroutine function with a worker that has an empty ledger."""

    def start(test: Callable[[Kit], Awaitable[None]]) -> None:
        async def inner() -> None:
            async with ledger(tmp_path, monkeypatch) as kit:
                try:
                    await test(kit)
                finally:
                    assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

        asyncio.run(inner())

    return start


async def sent(kit: Kit, data: bytes, kind: str = "application/cesr", accept: str = "application/json") -> Answer:
    return await kit.ask("POST", "/app/ledger", body=data, headers={"content-type": kind}, accept=accept)


async def page(kit: Kit, path: str) -> Page:
    answer = await get(kit, path)
    assert answer.status == 200, answer.text
    shown = Page(answer.text)
    assert shown.problems == [], (path, shown.problems)
    assert "<script>" not in answer.text and "onerror=" not in answer.text.replace("onerror=alert(1)&gt;", "")
    return shown


def numbers(answer: Answer, name: str) -> list[int]:
    assert answer.status == 200, answer.text
    return [each["sn"] for each in answer.json[name]]


def test_every_way_in_and_the_pages(within: Any) -> None:
    with habery() as hby:
        one, two = hby.makeHab("one"), hby.makeHab("two", isith="2", icount=3, nsith="2", ncount=3)
        for _ in range(24):
            one.interact(data=[{"note": EVIL}])
        two.rotate()

        async def test(kit: Kit) -> None:
            empty = await page(kit, "/app/ledger")
            assert "Nobody is here yet" in empty.text
            assert "Nobody is here yet" in (await page(kit, "/app/ledger/panel")).text
            log = messages(one)
            assert numbers(await sent(kit, log[0]), "accepted") == [0]
            assert numbers(await post(kit, "/app/ledger", text=log[1].decode()), "accepted") == [1]
            assert numbers(await post(kit, "/app/ledger", data=log[2]), "accepted") == [2]
            assert numbers(await sent(kit, log[3], "text/plain"), "accepted") == [3]
            files = [("file", ("a.cesr", b"".join(log))), ("file", ("b.cesr", b"".join(messages(two)))), ("text", "")]
            answer = await upload(kit, "/app/ledger", files)
            assert numbers(answer, "known") == [0, 1, 2, 3] and len(answer.json["accepted"]) == 23
            assert {each["source"] for each in answer.json["accepted"]} == {"a.cesr", "b.cesr"}
            assert answer.json["workers"] == ["w1"]

            listed = (await get(kit, "/app/ledger", "application/json")).json
            assert listed["total"] == 2 and listed["counts"]["events"] == 27
            assert {each["aid"]: each["sn"] for each in listed["identifiers"]} == {one.pre: 24, two.pre: 1}
            told = (await get(kit, f"/app/ledger/{two.pre}", "application/json")).json
            assert (told["sn"], told["digest"], told["threshold"]) == (1, two.kever.serder.said, 2)
            assert [each["type"] for each in told["events"]] == ["icp", "rot"] and all(
                each["valid"] for each in told["events"]
            )
            part = (await get(kit, f"/app/ledger/{one.pre}?from=20&count=3", "application/json")).json
            assert [each["sn"] for each in part["events"]] == [20, 21, 22] and part["next"] == 23

            shown = await page(kit, f"/app/ledger/{one.pre}")
            assert "alert('x')" in shown.text and shown.all("li", id="event-24") and not shown.all("li", id="event-3")
            earlier = await page(kit, f"/app/ledger/{one.pre}/events?before=4")
            assert earlier.all("li", id="event-3")
            raw = (await get(kit, f"/app/ledger/{one.pre}/events/2", "application/json")).json
            assert raw["cesr"].startswith(raw["json"]) and raw["json"].encode() in log[2]
            kel = await get(kit, f"/app/ledger/{one.pre}/kel?download=1")
            assert kel.headers["content-type"] == "application/cesr" and kel.headers["content-disposition"].endswith(
                '.cesr"'
            )
            assert len(kel.body) == len(b"".join(log))
            assert [
                (await get(kit, path)).status for path in ("/app/ledger/Enobody", f"/app/ledger/{one.pre}/events/99")
            ] == [404, 404]
            assert (await get(kit, "/app/ledger/progress", "application/json")).json["running"] is False

        within(test)


def test_the_result_page_tells_each_reason_and_place(within: Any) -> None:
    with habery() as hby:
        hab = hby.makeHab("one")
        for _ in range(3):
            hab.interact()
        log = messages(hab, replay=False)
        broken = bytearray(log[1])
        broken[-5] = ord("A") if broken[-5] != ord("A") else ord("B")

        async def test(kit: Kit) -> None:
            body = {"text": (log[0] + bytes(broken) + log[2]).decode() + "<script>what</script>"}
            answer = await form(kit, "/app/ledger", **body)
            shown = Page(answer.text)
            assert answer.status == 200 and not shown.problems and "<script" not in answer.text
            assert "does not verify" in shown.text and f"byte {len(log[0]):,}" in shown.text
            assert "event 1 is missing" in shown.text and "belong to nothing" in shown.text
            detail = await page(kit, f"/app/ledger/{hab.pre}")
            assert "event 1 is missing" in detail.text
            assert "1 message waiting" in (await page(kit, "/app/ledger?kind=waiting")).text
            released = await sent(kit, log[1], accept=HTML)
            assert "1 had been waiting" in Page(released.text).text
            nothing = await sent(kit, log[1], accept=HTML)
            assert "Nothing new" in nothing.text

        within(test)


def test_duplicity_is_loud(within: Any) -> None:
    from keri.core import eventing

    with habery() as hby:
        hab = hby.makeHab("one")
        serder, _, _ = hab.getOwnEvent(sn=0)
        other = eventing.interact(pre=hab.pre, dig=serder.said, sn=1, data=[{"told": EVIL}])
        fork = bytes(eventing.messagize(other, sigers=hab.sign(ser=other.raw, indexed=True)))
        hab.interact(data=[{"told": "you"}])

        async def test(kit: Kit) -> None:
            await sent(kit, b"".join(messages(hab)))
            answer = await sent(kit, fork, accept=HTML)
            assert "Duplicity found" in answer.text and not Page(answer.text).problems
            detail = await page(kit, f"/app/ledger/{hab.pre}")
            assert "Two different events 1" in detail.text and other.said in detail.text
            assert '"told":"you"' in detail.text and "alert('x')" in detail.text
            told = (await get(kit, f"/app/ledger/{hab.pre}", "application/json")).json
            assert told["duplicity"][0]["other"]["cesr"] == fork.decode() and told["duplicitous"]
            assert "duplicitous" in (await page(kit, "/app/ledger")).text

        within(test)


def test_contacts_are_found_edited_and_shown_as_text(within: Any) -> None:
    with habery() as hby:
        hab, other = hby.makeHab("one"), hby.makeHab("two")

        async def test(kit: Kit) -> None:
            await sent(kit, b"".join(messages(hab) + messages(other)))
            path = f"/app/ledger/{hab.pre}/contact"
            answer = await form(kit, path, alias=EVIL, notes=f"met in Zürich {EVIL}")
            assert answer.status == 200 and "<script" not in answer.text and "Saved." in answer.text
            for place in ("/app/ledger", f"/app/ledger/{hab.pre}", "/app/verify"):
                assert EVIL in (await page(kit, place)).text
            saved = await post(kit, path, alias="  Bob  Müller ", notes="friend")
            assert saved.json["alias"] == "Bob Müller"
            for query, count in (("müller", 1), ("friend bob", 1), (other.pre[5:20].lower(), 1), ("nobody", 0)):
                found = (await get(kit, f"/app/ledger?q={query.replace(' ', '%20')}", "application/json")).json
                assert found["found"] == count, query
            problem(await post(kit, path, alias="x" * 101), 422, "alias")
            problem(await post(kit, path, alias="a\u202eb"), 422, "alias")
            problem(await post(kit, path, notes="x" * 5000), 422, "notes")
            problem(await post(kit, "/app/ledger/nonsense/contact", alias="x"), 422, "aid")
            stranger = "E" + "A" * 43
            assert (await post(kit, f"/app/ledger/{stranger}/contact", alias="later")).status == 200
            assert "No event of it is verified yet" in (await page(kit, f"/app/ledger/{stranger}")).text
            await post(kit, f"/app/ledger/{stranger}/contact", alias="", notes="")
            assert (await get(kit, f"/app/ledger/{stranger}")).status == 404
            gone = await kit.ask("DELETE", f"/app/ledger/{hab.pre}")
            assert gone.json["removed"] == 1 and (await get(kit, f"/app/ledger/{hab.pre}")).status == 404

        within(test)


def test_verify_names_each_signature_and_the_keys_it_used(within: Any) -> None:
    with habery() as hby:
        hab = hby.makeHab("one", isith="2", icount=3, nsith="2", ncount=3)
        message = "a message, Grüße"
        first = [each.qb64 for each in hab.sign(ser=message.encode(), indexed=True)]
        bare = [each.qb64 for each in hab.sign(ser=message.encode(), indexed=False)]
        hab.interact()
        unrotated = messages(hab)
        hab.rotate()
        log = messages(hab)

        async def test(kit: Kit) -> None:
            problem(await post(kit, "/app/verify", aid=hab.pre, text=message, signatures=first), 404)
            await sent(kit, b"".join(unrotated))
            told = (await post(kit, "/app/verify", aid=hab.pre, text=message, signatures=first)).json
            assert (
                told["valid"]
                and told["sn"] == 0
                and told["source"] == "ledger"
                and [each["index"] for each in told["signatures"]] == [0, 1, 2]
            )
            assert (await post(kit, "/app/verify", aid=hab.pre, text=message, signatures=bare[:2])).json["valid"], (
                "unindexed ones as well"
            )
            told = (await post(kit, "/app/verify", aid=hab.pre, text=message, signatures=[first[0], bare[0]])).json
            assert not told["valid"] and "counts once" in told["signatures"][1]["reason"]
            told = (await post(kit, "/app/verify", aid=hab.pre, text=message, signatures=first[:1])).json
            assert not told["valid"] and "threshold" in told["reason"] and told["signatures"][0]["valid"]
            told = (await post(kit, "/app/verify", aid=hab.pre, text=message + ".", signatures=first)).json
            assert (
                not told["valid"] and not any(each["valid"] for each in told["signatures"]) and told["earlier"] is None
            )
            await sent(kit, b"".join(log))
            told = (await post(kit, "/app/verify", aid=hab.pre, text=message, signatures=first)).json
            assert not told["valid"] and (told["sn"], told["earlier"]) == (2, 0)
            told = (await post(kit, "/app/verify", aid=hab.pre, text=message, signatures=first, sn=1)).json
            assert told["valid"] and told["sn"] == 0
            shown = await form(kit, "/app/verify", aid=hab.pre, text=message, signatures="\n".join(first))
            assert "rotated away" in shown.text and not Page(shown.text).problems
            files = [
                ("aid", hab.pre),
                ("file", ("m.txt", message.encode())),
                ("text", ""),
                ("data", ""),
                ("signatures", " ".join(first)),
                ("sn", "0"),
            ]
            assert (await upload(kit, "/app/verify", files)).json["valid"]
            asked = await page(kit, f"/app/verify?aid={hab.pre}")
            assert asked.all("input", id="verify-aid", value=hab.pre)
            for fields, field in (
                ({"aid": "x", "text": "m", "signatures": first}, "aid"),
                ({"aid": hab.pre + "A", "text": "m", "signatures": first}, "aid"),
                ({"aid": hab.pre, "signatures": first}, "text"),
                ({"aid": hab.pre, "text": "m", "signatures": []}, "signatures"),
                ({"aid": hab.pre, "text": "m", "signatures": ["AAAA"]}, "signatures"),
                ({"aid": hab.pre, "text": "m", "signatures": [5]}, "signatures"),
                ({"aid": hab.pre, "text": "m", "signatures": first, "sn": 9}, "sn"),
            ):
                problem(await post(kit, "/app/verify", **fields), 422, field)
            problem(await post(kit, "/app/verify", aid="E" + "B" * 43, text="m", signatures=first), 404)

        within(test)


def test_a_log_with_thousands_of_keys_does_not_hold_the_worker(within: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures without an index are tried on every key, a stranger's log may have any number, and this worker has the keys."""
    native.keri()
    from keri.core import coring, eventing, signing
    from slices.ledger import verification

    signer = signing.Signer(raw=b"k" * 32)
    keys = [signer.verfer.qb64, *(coring.Verfer(raw=number.to_bytes(32, "big")).qb64 for number in range(1, 2500))]
    serder = eventing.incept(keys=keys, isith="1", code=coring.MtrDex.Blake3_256)
    log = eventing.messagize(serder, sigers=[signer.sign(serder.raw, index=0)])
    far = signing.Signer(raw=b"f" * 32).sign(b"other").qb64

    async def test(kit: Kit) -> None:
        assert numbers(await sent(kit, bytes(log)), "accepted") == [0]
        answer = await post(kit, "/app/verify", aid=serder.pre, text="m", signatures=[far] * 200)
        told = problem(answer, 422, "signatures")
        assert "200" in told["detail"] and "2,500 keys" in told["detail"]
        good = signer.sign(b"m").qb64
        for signatures, valid in (([good], True), ([good] + [far] * 2, False)):
            told = (await post(kit, "/app/verify", aid=serder.pre, text="m", signatures=signatures)).json
            assert told["valid"] is valid and told["signatures"][0]["valid"]

    within(test)
    parsed = [(far, coring.Cigar(qb64=far), False)]
    monkeypatch.setattr(verification, "PIECE", -1.0)
    turns = verification.judge({"k": keys, "kt": "1", "ee": {"s": "0", "d": "x"}}, b"m", parsed)
    assert sum(1 for _ in turns) > 2 * len(keys)  # it may give way at each key and at each try


def test_bad_imports_are_refused_whole(within: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from slices.ledger import resources

    async def test(kit: Kit) -> None:
        problem(await sent(kit, b""), 422, "body")
        problem(await post(kit, "/app/ledger"), 422, "file")
        problem(await post(kit, "/app/ledger", text=" \n"), 422, "file")
        problem(await post(kit, "/app/ledger", data="%%%"), 422, "data")
        problem(await sent(kit, b"x", "image/png"), 415)
        monkeypatch.setattr(resources, "MOST_BYTES", 100)
        problem(await sent(kit, b"x" * 101), 413, "body")
        problem(await upload(kit, "/app/ledger", [("file", ("a", b"x" * 60)), ("file", ("b", b"x" * 60))]), 413, "file")
        problem(await get(kit, "/app/ledger?kind=x", "application/json"), 422, "kind")
        problem(
            await kit.ask("POST", "/app/ledger/segment", body=b"\xc1", headers={"content-type": "application/msgpack"}),
            400,
        )

    within(test)


def test_two_imports_do_not_overlap_and_a_cancelled_one_changes_nothing(within: Any) -> None:
    with habery() as hby:
        hab = hby.makeHab("one")
        for _ in range(60):
            hab.interact()
        log = messages(hab)

        async def test(kit: Kit) -> None:
            data = b"".join(log)
            first = kit.begin("POST", "/app/ledger", body=data, headers={"content-type": "application/cesr"})
            second = kit.begin("POST", "/app/ledger", body=data, headers={"content-type": "application/cesr"})
            answers = [await kit.answer(first), await kit.answer(second)]
            assert [len(each.json["accepted"]) for each in answers] == [61, 0] and len(answers[1].json["known"]) == 61
            await kit.ask("DELETE", f"/app/ledger/{hab.pre}")
            id = kit.begin("POST", "/app/ledger", body=data, headers={"content-type": "application/cesr"})
            await kit.host.wait("http:request")
            kit.send("http:cancel", id=id, reason="the user")
            await kit.host.wait("http:cancelled", id=id)
            assert (await get(kit, "/app/ledger", "application/json")).json["total"] == 0
            assert numbers(await sent(kit, data), "accepted") == list(range(61)), "the next one is not held up"

        within(test)


def test_an_import_is_cut_and_checked_by_others(within: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger's own worker, which is that of the keys, parses no body of what was sent: it asks, and gets the pieces."""
    from poolkit import alone
    from slices.foreign import cutting
    from slices.ledger import book as books

    with habery() as hby:
        log = b"".join(messages(hby.makeHab("one")))

    async def test(kit: Kit) -> None:
        asked = alone(kit)
        assert numbers(await sent(kit, log), "accepted") == [0]
        assert [each["path"] for each in asked] == ["/app/ledger/cut", "/app/ledger/segment"]
        assert msgpack.unpackb(asked[0]["content"]) == {"data": log}
        monkeypatch.setattr(cutting, "PIECES_MOST", 0)
        problem(await sent(kit, log), 422, "file")

    within(test)
    assert not hasattr(books, "frames")


def test_a_first_share_imports_keripy_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import takes seconds in a worker: between its steps others, and the heartbeat, have their turn."""
    native.keri()
    done: list[str] = []

    def steps() -> Iterator[float]:
        for name in ("one", "two", "three"):
            done.append(name)
            yield 0.1

    monkeypatch.setattr(native, "keri_steps", steps)
    content = msgpack.packb({"contexts": [], "messages": []})
    req = falcon.Request(falcon.testing.create_environ("/app/ledger/segment", method="POST", body=content))
    rep = falcon.Response()
    turns = Check.on_post.__wrapped__(Check(), req, rep)
    for count in (1, 2, 3):
        next(turns)
        assert len(done) == count
    assert list(turns) == [] and msgpack.unpackb(rep.data)["verdicts"] == []
