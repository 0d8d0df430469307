"""The ledger watches: all witnesses are asked, and each way to fail has its words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from keriwasm.web.outside import Answer, refusal
from ledgerkit import ledger, unsynced  # noqa: F401 (fixtures)
from outsidekit import FakeOutside, answer
from slicekit import Page, form, get, post
from slices.ledger import book as books
from watchkit import World, world
from workerkit import Kit


@pytest.fixture
def within(unsynced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: F811
    """Runs a coroutine function with a worker that has an empty ledger and the network on, before these witnesses."""

    def start(wits: World, test: Callable[[Kit], Awaitable[None]]) -> None:
        async def inner() -> None:
            async with ledger(tmp_path, monkeypatch) as kit:
                kit.worker.outside = FakeOutside(wits.serve)
                assert (await post(kit, "/app/network", enabled=True)).status == 200
                await test(kit)
                assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

        asyncio.run(inner())

    return start


async def know(kit: Kit, wits: World, *events: bytes) -> None:
    """These events, and where the witnesses are: by an OOBI of a server that has nothing else."""
    wits.told["oobi.example", "oobi"] = answer(200, wits.addresses() + b"".join(events))
    got = await post(kit, "/app/ledger/oobi", url="http://oobi.example/oobi")
    assert got.status == 200 and not got.json["refused_endpoints"], got.text
    wits.asked.clear()


async def refresh(kit: Kit, aid: str) -> dict[str, Any]:
    got = await post(kit, f"/app/ledger/{aid}/refresh")
    assert got.status == 200, got.text
    return got.json


def states(told: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(each["state"], each["sn"]) for each in told["witnesses"]]


def test_what_is_new_is_added_and_who_is_not_there_is_named(within: Any) -> None:
    with world(3) as wits:
        anna = wits.makes("anna", toad=2)
        anna.rotates()
        said = anna.goes_on()

        async def test(kit: Kit) -> None:
            await know(kit, wits, anna.events[0])
            wits.tell(0, anna)
            wits.tell(1, anna, 2)
            wits.tell(2, anna, instead=refusal("unreachable", "No answer of it could be read."))
            told = await refresh(kit, anna.aid)
            assert (told["sn"], told["said"], told["added"], told["agreed"], told["of"]) == (2, said, 2, 1, 3)
            assert states(told) == [("agrees", 2), ("behind", 1), ("silent", None)]
            assert told["witnesses"][1]["behind"] == 1 and told["witnesses"][2]["reason"] == "No answer of it could be read."
            assert [each["url"] for each in told["witnesses"]] == [wits.url(at) for at in range(3)]
            assert len(wits.asked) == 3, "one request each: what is held is the inception"
            wits.asked.clear()
            wits.tell(1, anna)
            wits.tell(2, anna)
            told = await refresh(kit, anna.aid)
            assert (told["added"], told["agreed"]) == (0, 3) and states(told) == [("agrees", 2)] * 3
            assert wits.asked == [f"{wits.url(at)}query?typ=kel&pre={anna.aid}&sn=2" for at in range(3)], "one small question each"
            page = await get(kit, f"/app/ledger/{anna.aid}")
            assert "3 of 3 held event 2" in " ".join(Page(page.text).text.split()) and Page(page.text).problems == []
            listed = (await get(kit, "/app/ledger", accept="application/json")).json["identifiers"]
            (short,) = [each["watched"] for each in listed if each["aid"] == anna.aid]
            assert (short["agreed"], short["of"], short["when"]) == (3, 3, told["when"])
            shown = await form(kit, f"/app/ledger/{anna.aid}/refresh")
            assert shown.status == 200 and "Nothing new. 3 of 3 hold event 2 as the latest." in shown.text

        within(wits, test)


@pytest.mark.parametrize("toad", [1, 3])
def test_another_validly_signed_log_is_duplicity_and_loud(within: Any, toad: int) -> None:
    """With receipts enough (a threshold of 1), and without (3): the controller has signed both."""
    with world(3) as wits:
        anna = wits.makes("anna", toad=toad)
        anna.goes_on(pay="17")
        anna.goes_on()
        _, fork = anna.interacts(1, anna.said(0), [2], pay="71")

        async def test(kit: Kit) -> None:
            await know(kit, wits, anna.events[0])
            for at in (0, 1):
                wits.tell(at, anna)
            wits.tell(2, anna, instead=[anna.events[0], fork])
            told = await refresh(kit, anna.aid)
            assert states(told) == [("agrees", 2), ("agrees", 2), ("duplicity", 1)] and told["added"] == 2
            assert (told["agreed"], told["duplicity"]) == (2, 1)
            known = (await get(kit, f"/app/ledger/{anna.aid}", accept="application/json")).json
            (proof,) = known["duplicity"]
            assert known["duplicitous"] and proof["sn"] == 1 and wits.wits[2].pre[:10] in proof["source"]
            wits.asked.clear()
            told = await refresh(kit, anna.aid)
            assert states(told)[2] == ("duplicity", 1) and len(wits.asked) == 4, "it has no event 2, so it is asked for all of its log"
            shown = await form(kit, f"/app/ledger/{anna.aid}/refresh")
            page = Page(shown.text)
            assert page.problems == [] and "Two different events 1" in page.text and "another history" in page.text
            listed = await get(kit, "/app/ledger")
            assert "1 of 3 tell another history" in listed.text and "duplicitous" in listed.text

        within(wits, test)


def test_most_witnesses_come_first(within: Any) -> None:
    """One that is first in the log's own order, and has a history of its own, is not first seen because of that."""
    with world(3) as wits:
        anna = wits.makes("anna", toad=1)
        said = anna.goes_on(pay="17")
        _, fork = anna.interacts(1, anna.said(0), [0], pay="71")

        async def test(kit: Kit) -> None:
            await know(kit, wits, anna.events[0])
            wits.tell(0, anna, instead=[anna.events[0], fork])
            wits.tell(1, anna)
            wits.tell(2, anna)
            told = await refresh(kit, anna.aid)
            assert told["said"] == said and states(told) == [("duplicity", 1), ("agrees", 1), ("agrees", 1)]

        within(wits, test)


def test_what_does_not_verify_is_garbage_and_no_duplicity(within: Any) -> None:
    with world(4) as wits:
        anna, ben = wits.makes("anna"), wits.makes("ben")
        anna.goes_on(pay="17")
        _, fork = anna.interacts(1, anna.said(0), pay="71")
        unsigned = fork.replace(b"-AAB", b"-AAB", 1)
        at = unsigned.index(b"-VA" if b"-VA" in unsigned else b"-AAB") + 20
        unsigned = unsigned[:at] + (b"A" if unsigned[at : at + 1] != b"A" else b"B") + unsigned[at + 1 :]

        async def test(kit: Kit) -> None:
            await know(kit, wits, *anna.events)
            wits.tell(0, anna, instead=[anna.events[0], unsigned])
            wits.tell(1, anna, instead=answer(200, b"\x00\xffnothing"))
            wits.tell(2, anna, instead=list(ben.events))
            wits.tell(3, anna)
            told = await refresh(kit, anna.aid)
            assert [state for state, _ in states(told)] == ["garbage", "garbage", "unknown", "agrees"], told
            assert "not fully signed" in told["witnesses"][0]["reason"] or "does not verify" in told["witnesses"][0]["reason"]
            known = (await get(kit, f"/app/ledger/{anna.aid}", accept="application/json")).json
            assert not known["duplicitous"] and not known["duplicity"]

        within(wits, test)


def test_every_way_to_give_no_answer_has_its_words(within: Any) -> None:
    cases = [
        (refusal("late", "It had not answered in full."), "silent", "not answered"),
        (refusal("offline", "This browser is offline."), "unasked", "offline"),
        (refusal("ask", "It is not allowed yet."), "unasked", "not allowed"),
        (refusal("html", "A web page came."), "garbage", "web page"),
        (refusal("large", "More than 4 MiB came."), "garbage", "4 MiB"),
        (Answer(406, [], b"", "It speaks another version.", "type"), "garbage", "another version"),
        (Answer(500, [], b""), "garbage", "status 500"),
        (answer(200, b"[]", "text/plain"), "garbage", "text/plain"),
        (answer(200, b""), "unknown", "knows nobody"),
        (Answer(404, [], b""), "unknown", "knows nobody"),
    ]
    with world(len(cases)) as wits:
        anna = wits.makes("anna")
        later = wits.makes("later")

        async def test(kit: Kit) -> None:
            await know(kit, wits, *anna.events)
            for at, (instead, _, _) in enumerate(cases):
                wits.tell(at, anna, instead=instead)
            told = await refresh(kit, anna.aid)
            for each, (_, state, words) in zip(told["witnesses"], cases, strict=True):
                assert each["state"] == state and words in each["reason"], each
            assert (told["agreed"], told["asked"], told["of"]) == (0, len(cases) - 2, len(cases))
            shown = (await get(kit, f"/app/ledger/{anna.aid}")).text
            page = Page(shown)
            assert page.problems == [] and "not a key event log" in page.text
            assert page.text.count("Answer under Network") == 1 and f"app/network?back=app%2Fledger%2F{anna.aid}" in shown
            assert told["witnesses"][2]["outside"] == "ask"
            got = await post(kit, f"/app/ledger/{later.aid}/refresh")
            assert got.status == 404
            await post(kit, f"/app/ledger/{later.aid}/contact", alias="Later")
            got = await post(kit, f"/app/ledger/{later.aid}/refresh")
            assert got.status == 409 and "not known" in got.text
            assert (await post(kit, "/app/network", enabled=False)).status == 200
            got = await post(kit, f"/app/ledger/{anna.aid}/refresh")
            assert got.status == 403 and "The network is off" in got.text

        within(wits, test)


def test_a_witness_without_alias_is_called_by_the_lists_or_by_where_it_is(within: Any) -> None:
    from slices.ledger import lists

    listed = lists.offered()["lists"][0]["witnesses"][1]
    with world(1) as wits:
        anna = wits.makes("anna")

        async def test(kit: Kit) -> None:
            await know(kit, wits, *anna.events)
            wit = (await refresh(kit, anna.aid))["witnesses"][0]
            host = wit["url"].split("/")[2]
            for path in ("/app/ledger", f"/app/ledger/{wit['aid']}", f"/app/ledger/{anna.aid}"):
                assert f"Server at {host}" in (await get(kit, path)).text, path
            known = (await get(kit, "/app/ledger", accept="application/json")).json["identifiers"]
            told = {each["aid"]: (each["alias"], each["called"]) for each in known}
            assert (told[wit["aid"]], told[anna.aid]) == (("", f"Server at {host}"), ("", ""))
            await post(kit, f"/app/ledger/{listed['aid']}/contact", notes="seen")
            assert f'alias">{listed["name"]}<' in (await get(kit, "/app/ledger")).text
            await post(kit, f"/app/ledger/{wit['aid']}/contact", alias="Mine")
            page = (await get(kit, f"/app/ledger/{anna.aid}")).text
            assert "Mine" in page and f"Server at {host}" not in page

        within(wits, test)


def test_without_witnesses_its_agent_is_asked_by_its_oobi(within: Any) -> None:
    """An agent as KERIA's knows no /query."""
    with world(2) as wits:
        anna, alone = wits.makes("anna", toad=0, wits=[]), wits.makes("alone", toad=0, wits=[])
        agent = wits.wits[0]
        named = bytes(anna.hab.makeEndRole(eid=agent.pre, role="agent", allow=True, stamp="2026-01-01T00:00:00.000000+00:00"))
        anna.goes_on()

        async def test(kit: Kit) -> None:
            await know(kit, wits, anna.events[0], named, alone.events[0])

            def agent_only(request: Any) -> Answer:
                return answer(200, b"".join(anna.events)) if "/oobi/" in request.url else Answer(404, [], b"")

            wits.tell(0, anna, instead=agent_only)
            told = await refresh(kit, anna.aid)
            assert [(each["role"], each["state"], each["sn"]) for each in told["witnesses"]] == [("agent", "agrees", 1)]
            assert wits.asked == [f"{wits.url(0)}query?typ=kel&pre={anna.aid}", f"{wits.url(0)}oobi/{anna.aid}"]
            told = await refresh(kit, alone.aid)
            assert told["witnesses"] == [] and told["of"] == 0
            assert "nobody can be asked" in (await get(kit, f"/app/ledger/{alone.aid}")).text

        within(wits, test)


def test_a_round_asks_one_server_few_things_at_a_time_and_a_dead_one_no_more(within: Any) -> None:
    with world(2) as wits:
        everybody = [wits.makes(f"a{number}", toad=1) for number in range(12)]
        for each in everybody:
            each.goes_on()
        most = {wits.host(at): 0 for at in range(2)}

        async def test(kit: Kit) -> None:
            await know(kit, wits, *(each.events[0] for each in everybody))
            outside = kit.worker.outside
            outside.serve = lambda request: None  # the test answers

            async def web() -> None:
                while True:
                    open_now = [ticket for ticket in outside.tickets if ticket.answer is None]
                    for host in most:
                        here = [ticket for ticket in open_now if host in ticket.request.url]
                        most[host] = max(most[host], len(here))
                        if here and most[host] == 4:  # all that leave at the same time are there
                            here[0].answer = wits.serve(here[0].request)
                    await asyncio.sleep(0.005)

            for each in everybody:
                wits.tell(0, each)
                wits.tell(1, each, instead=refusal("unreachable", "No answer."))
            task = asyncio.ensure_future(web())
            got = await post(kit, "/app/ledger/refresh")
            task.cancel()
            outside.serve = wits.serve
            assert got.status == 200, got.text
            assert got.json["added"] == 12 and len(got.json["contacts"]) == 12 and all(each["agreed"] == 1 for each in got.json["contacts"])
            assert set(most.values()) == {4}
            dead = [url for url in wits.asked if wits.host(1) in url]
            assert len(dead) <= 4 and all(each["silent"] == 1 for each in got.json["contacts"]), "it is not asked again for each"
            assert (await get(kit, "/app/ledger/watching", accept="application/json")).json["running"] is False
            shown = await form(kit, "/app/ledger/refresh")
            page = Page(shown.text)
            assert page.problems == [] and "1 silent" in page.text and "12 identifiers looked at" in page.text

        within(wits, test)


def test_what_was_said_goes_with_the_identifier(within: Any) -> None:
    with world(1) as wits:
        anna = wits.makes("anna")

        async def test(kit: Kit) -> None:
            await know(kit, wits, *anna.events)
            wits.tell(0, anna)
            await refresh(kit, anna.aid)
            notes = books.of(kit.worker).notes
            assert notes.watched(anna.aid)["agreed"] == 1
            await kit.ask("DELETE", f"/app/ledger/{anna.aid}")
            assert notes.watched(anna.aid) is None

        within(wits, test)


# -- by itself, and what a signature check says ----------------------------------------------------------------------


async def within_seconds(test: Callable[[], bool], seconds: float = 60.0) -> None:
    ends = asyncio.get_running_loop().time() + seconds
    while not test():
        assert asyncio.get_running_loop().time() < ends, "it did not happen"
        await asyncio.sleep(0.02)


def test_all_are_asked_by_itself_when_it_is_time_and_the_network_is_there(within: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from keriwasm.browser import navigator
    from slices.ledger.watching import doer, watch

    monkeypatch.setattr(doer, "LATE", 0.01)
    monkeypatch.setattr(doer, "AGAIN", 0.01)
    clock = [1_700_000_000_000]
    monkeypatch.setattr(watch, "now_ms", lambda: clock[0])
    online = [True]
    monkeypatch.setattr(navigator, "online", lambda: online[0])
    with world(1) as wits:
        anna = wits.makes("anna")
        anna.goes_on()

        async def test(kit: Kit) -> None:
            await know(kit, wits, anna.events[0])
            wits.tell(0, anna)
            listed = (await get(kit, "/app/ledger", accept="application/json")).json["identifiers"]
            assert {each["aid"]: each["watched"] for each in listed}[anna.aid] is None
            watching = watch.of(kit.worker)
            woken = kit.worker.doist.wake
            assert (await post(kit, "/app/network", enabled=False)).status == 200
            for every, words in ((59, "at least 60"), (-1, "from 0 to")):
                got = await post(kit, "/app/ledger/watching", every=every)
                assert got.status == 422 and got.json["field"] == "every" and words in got.text, got.text
            set_ = await form(kit, "/app/ledger/watching", every="3600")
            assert "every hour" in set_.text and "The network is off: it waits" in set_.text
            await asyncio.sleep(0.2)
            assert wits.asked == [] and kit.worker.outside.tickets[1:] == [], "it waits, and sends nothing"
            online[0] = False
            assert (await post(kit, "/app/network", enabled=True)).status == 200
            got = await post(kit, "/app/ledger/watching", every=3600)
            assert got.json["waits"] == "offline"
            await asyncio.sleep(0.1)
            assert wits.asked == []
            online[0] = True
            books_notes = books.of(kit.worker).notes
            await within_seconds(lambda: books_notes.watched(anna.aid) is not None)
            assert books_notes.watched(anna.aid)["agreed"] == 1 and len(wits.asked) == 1
            told = (await get(kit, "/app/ledger/watching", accept="application/json")).json
            assert (told["last"], told["next"], told["running"]) == (clock[0], clock[0] + 3_600_000, False)
            woken(watching.doer)
            await asyncio.sleep(0.1)
            assert len(wits.asked) == 1, "the hour is not over"
            clock[0] += 3_600_000
            woken(watching.doer)
            await within_seconds(lambda: len(wits.asked) == 2)
            await within_seconds(lambda: watching.progress is None)

            got = await post(kit, "/app/ledger/watching", every=0, unlock=True)
            assert (got.json["every"], got.json["unlock"], got.json["next"]) == (0, True, None)
            await asyncio.sleep(0.1)
            assert len(wits.asked) == 2
            made = await post(kit, "/app/wallet", name="w", passcode="a passcode of enough characters")
            assert made.status in (200, 201), made.text
            await within_seconds(lambda: len(wits.asked) == 3)

        within(wits, test)


def test_a_check_says_as_of_when_and_from_how_many(within: Any) -> None:
    with world(3) as wits:
        anna = wits.makes("anna")
        anna.goes_on(pay="17")
        _, fork = anna.interacts(1, anna.said(0), [2], pay="71")
        message = "signed by Anna"
        signature = anna.hab.sign(ser=message.encode(), indexed=True)[0].qb64

        async def test(kit: Kit) -> None:
            await know(kit, wits, anna.events[0])
            asked = {"aid": anna.aid, "text": message, "signatures": [signature]}
            got = await post(kit, "/app/verify", **asked)
            assert got.json["valid"] and got.json["as_of"] is None and not got.json["duplicitous"]
            shown = await form(kit, "/app/verify", aid=anna.aid, text=message, signatures=signature)
            assert "never asked" in shown.text and Page(shown.text).problems == []
            wits.tell(0, anna)
            wits.tell(1, anna, instead=refusal("late", "Too late."))
            wits.tell(2, anna, instead=[anna.events[0], fork])
            told = await refresh(kit, anna.aid)
            got = await post(kit, "/app/verify", **asked)
            assert got.json["as_of"] == {"when": told["when"], "sn": 1, "agreed": 1, "of": 3} and got.json["duplicitous"]
            shown = await form(kit, "/app/verify", aid=anna.aid, text=message, signatures=signature)
            text = " ".join(Page(shown.text).text.split())
            assert "1 of 3 witnesses agreed on event 1" in text and "told two different histories" in text and "State as of" in text

        within(wits, test)
