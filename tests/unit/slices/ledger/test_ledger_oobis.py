"""OOBIs: what an address answers is verified as every import is, its endpoints by who signed them, and each failure has its words."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import falcon
import falcon.testing
import pytest
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.outside import Answer, Request, refusal
from ledgerkit import habery, ledger, messages, unsynced  # noqa: F401 (fixtures)
from outsidekit import FakeOutside, answer
from slicekit import Page, form, get, post
from slices.ledger import oobis
from slices.network.resources import back_of
from workerkit import Kit

LONG_ENOUGH = 150
HOST = "http://w.example:5642"


@pytest.fixture
def within(unsynced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: F811
    """Runs a coroutine function with a worker that has an empty ledger, and an outside that answers from `kit.web` by path."""

    def start(test: Callable[[Kit], Awaitable[None]]) -> None:
        async def inner() -> None:
            async with ledger(tmp_path, monkeypatch) as kit:
                kit.web = {}

                def serve(request: Request) -> Answer:
                    found = kit.web.get(request.url.removeprefix(HOST), Answer(404, [], b""))
                    return found if isinstance(found, Answer) else answer(200, bytes(found))

                kit.worker.outside = FakeOutside(serve)
                await test(kit)
                assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

        asyncio.run(inner())

    return start


def request(path: str) -> falcon.Request:
    path, _, query = path.partition("?")
    return falcon.Request(falcon.testing.create_environ(path=path, query_string=query))


def place(hab: Any, url: str, stamp: str = "2026-01-01T00:00:00.000000+00:00", **more: str) -> bytes:
    """A reply: where it is, signed by itself."""
    return bytes(hab.makeLocScheme(url=url, scheme=url.partition(":")[0], stamp=stamp, **more))


def role(hab: Any, eid: str, name: str = "mailbox", allow: bool = True, stamp: str = "2026-01-01T00:00:00.000000+00:00") -> bytes:
    return bytes(hab.makeEndRole(eid=eid, role=name, allow=allow, stamp=stamp))


def log(hab: Any) -> bytes:
    return b"".join(messages(hab))


def test_addresses() -> None:
    aid = "E" + "a" * 43
    for text, cid, name in [
        (f" {HOST}/oobi\n", "", ""),
        (f"{HOST}/oobi/{aid}", aid, ""),
        (f"https://w.example/prefix/oobi/{aid}/witness/{aid}?name=Anna+B%C3%A9#x", aid, "Anna Bé"),
        (f"{HOST}/oobi/{aid}/controller?name=%07", aid, ""),
        (f"{HOST}/.well-known/keri/oobi/{aid}?name=Root", aid, "Root"),
    ]:
        read = oobis.read(text)
        assert (read.cid, read.name) == (cid, name) and "#" not in read.url and read.url == text.strip().partition("#")[0]
    for text, words in [
        ("", "begin with"), ("w.example/oobi", "begin with"), ("ftp://w.example/oobi", "begin with"), ("http:///oobi", "begin with"),
        ("file:///oobi", "begin with"), ("javascript:alert(1)//oobi", "begin with"),
        ("http://u:p@w.example/oobi", "password"), ("http://u@w.example/oobi", "password"), ("http://w.example:x/oobi", "port"),
        ("http://[::1/oobi", "host"), ("http://w.example/", "no OOBI"), (f"http://w.example/oobi/{aid}x", "no OOBI"),
        ("http://w.example/\u00e9/oobi", "ASCII"), ("http://w.example/oo bi", "spaces"), ("http://w.example/oobi\nx", "one line"),
        (f"http://w.example/oobis/{aid}", "no OOBI"),
    ]:  # fmt: skip
        with pytest.raises(FieldError) as refused:
            oobis.read(text)
        assert refused.value.field == "url" and words in refused.value.reason, (text, refused.value.reason)


def test_a_witness_and_whom_it_serves(within: Any) -> None:
    with habery() as hby:
        wan = hby.makeHab("wan", transferable=False)
        anna = hby.makeHab("anna")
        mail = hby.makeHab("mail", transferable=False)
        anna.rotate()
        signed = place(wan, "http://w.example:5642/") + place(wan, "tcp://w.example:5632/") + role(wan, wan.pre, "controller")
        web = {
            f"/oobi/{wan.pre}/controller?name=wan": log(wan) + signed,
            "/oobi": log(wan),
            f"/oobi/{anna.pre}": log(anna) + role(anna, mail.pre) + place(mail, "https://mail.example/") + place(anna, "http://a.example/"),
        }

        async def test(kit: Kit) -> None:
            kit.web |= web
            got = await post(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{wan.pre}/controller?name=wan")
            assert got.status == 200, got.text
            assert (got.json["aid"], got.json["alias"], got.json["sn"]) == (wan.pre, "wan", 0)
            assert [(e["role"], e["eid"], e["scheme"], e["url"], e["signed_by"]) for e in got.json["endpoints"]] == [
                ("controller", wan.pre, "http", "http://w.example:5642/", wan.pre),
                ("controller", wan.pre, "tcp", "tcp://w.example:5632/", wan.pre),
            ]
            assert not got.json["refused_endpoints"] and not got.json["other"]
            asked = kit.worker.outside.tickets[0].request
            assert (asked.method, asked.who, asked.reason, asked.headers) == ("GET", "ledger", oobis.REASON, []), "no preflight"
            blind = await post(kit, "/app/ledger/oobi", url=f"{HOST}/oobi", alias="Wanda")
            assert (blind.json["aid"], blind.json["alias"]) == (wan.pre, "Wanda") and len(blind.json["endpoints"]) == 2

            got = await post(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{anna.pre}", alias="Anna")
            assert (got.json["sn"], len(got.json["accepted"])) == (1, 2)
            told = [(e["role"], e["eid"], e["url"], e["signed_by"]) for e in got.json["endpoints"]]
            assert told == [
                ("controller", anna.pre, "http://a.example/", anna.pre),
                ("mailbox", mail.pre, "https://mail.example/", mail.pre),
            ]
            kept = await get(kit, f"/app/ledger/{anna.pre}", accept="application/json")
            assert (kept.json["alias"], kept.json["endpoints"]) == ("Anna", got.json["endpoints"])
            shown = await get(kit, f"/app/ledger/{anna.pre}")
            page = Page(shown.text)
            assert page.problems == [] and "https://mail.example/" in page.text and "named by the identifier" in page.text
            gone = await kit.ask("DELETE", f"/app/ledger/{anna.pre}")
            assert gone.status == 200
            again = await post(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{wan.pre}/controller?name=wan")
            assert again.json["alias"] == "Wanda", "an address renames nobody"

        within(test)


def test_only_the_latest_word_of_its_own_signer_counts(within: Any) -> None:
    late, later = "2026-02-01T00:00:00.000000+00:00", "2026-03-01T00:00:00.000000+00:00"
    with habery() as hby, habery("evil") as other:
        anna, mail = hby.makeHab("anna"), hby.makeHab("mail", transferable=False)
        evil = other.makeHab("evil", transferable=False)
        begun = log(anna) + role(anna, mail.pre, stamp=late) + place(mail, "http://new.example/", late)
        forged = place(mail, "http://evil.example/", later).replace(b"http://evil.example/", b"http://evil.example:")
        bare = place(mail, "http://bare.example/", later)
        steps = {
            "first": begun,
            "old": begun + place(mail, "http://old.example/"),
            "signer": begun + place(evil, "http://evil.example/", later, eid=mail.pre),
            "changed": begun + forged,
            "strange": begun + place(evil, "http://evil.example/"),
            "bare": begun + bare[: bare.index(b"-VA")],
        }
        anna.rotate()
        steps |= {
            "rotated": log(anna) + role(anna, mail.pre, allow=False, stamp="2025-01-01T00:00:00.000000+00:00"),
            "nobody": log(mail) + role(other.makeHab("stranger"), mail.pre, stamp=later),
        }

        async def test(kit: Kit) -> None:
            async def resolve(step: str, aid: str = anna.pre) -> tuple[list[str], list[str]]:
                kit.web[f"/oobi/{aid}"] = steps[step]
                got = await post(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{aid}")
                assert got.status == 200, (step, got.text)
                return [e["url"] for e in got.json["endpoints"]], [f"{e['code']}: {e['reason']}" for e in got.json["refused_endpoints"]]

            assert await resolve("first") == (["http://new.example/"], [])
            urls, refused = await resolve("old")
            assert urls == ["http://new.example/"] and len(refused) == 1 and "later word" in refused[0]
            for step, words in [
                ("signer", f"signer: it speaks for {mail.pre}, who has not signed it"),
                ("changed", "said"), ("strange", "other: it is of somebody"), ("bare", "signature: no signature is attached"),
            ]:  # fmt: skip
                urls, refused = await resolve(step)
                assert urls == ["http://new.example/"] and len(refused) == 1 and words in refused[0], step
            assert await resolve("rotated") == ([], []), "the keys of a later event overrule a later date"
            urls, refused = await resolve("nobody", mail.pre)
            assert len(refused) == 1 and "is not known here" in refused[0]

        within(test)


def test_no_change_of_a_reply_is_believed(unsynced: None) -> None:  # noqa: F811
    """Some hundred damaged replies: each is refused with a reason, or says what its signer has signed."""
    from slices.foreign.framing import Frame, frames
    from slices.ledger.checks import records, replies

    rng = random.Random(16)
    with habery() as hby:
        wan, anna = hby.makeHab("wan", transferable=False), hby.makeHab("anna", isith="2", icount=2, nsith="2", ncount=2)
        whole = place(wan, "http://w.example:5642/") + role(anna, wan.pre, "witness") + role(wan, anna.pre, "agent", allow=False)
        contexts = [records.context(hby.db, anna.pre, None)]

        def verdict(raw: bytes) -> dict[str, Any]:
            pieces = [piece for piece in frames(raw) if isinstance(piece, Frame)]
            work = replies.judge(contexts, [(piece.raw, piece.body) for piece in pieces])
            while True:
                try:
                    next(work)
                except StopIteration as stop:
                    assert len(stop.value["accepted"]) + len(stop.value["refused"]) == len(pieces)
                    return stop.value

        def content(word: dict[str, Any]) -> dict[str, Any]:
            return {name: value for name, value in word.items() if name != "number"}

        signed = [content(word) for word in verdict(whole)["accepted"]]
        assert len(signed) == 3 and {word["signer"] for word in signed} == {wan.pre, anna.pre}
        refused = 0
        for _ in range(LONG_ENOUGH):
            raw = bytearray(whole)
            for _ in range(rng.randint(1, 3)):
                at = rng.randrange(len(raw))
                kind = rng.randrange(4)
                if kind == 0:
                    raw[at] = rng.randrange(32, 127)
                elif kind == 1:
                    del raw[at : at + rng.randint(1, 60)]
                elif kind == 2:
                    raw[at:at] = raw[rng.randrange(len(raw)) :][: rng.randint(1, 60)]
                else:
                    other = rng.randrange(len(raw))
                    raw[at], raw[other] = raw[other], raw[at]
            told = verdict(bytes(raw))
            refused += len(told["refused"])
            assert all(content(word) in signed for word in told["accepted"]), bytes(raw)
            assert all(each["code"] and each["reason"] for each in told["refused"])
        assert refused > LONG_ENOUGH // 4


def test_every_failure_has_its_words_and_keeps_nothing(within: Any) -> None:
    with habery() as hby:
        anna, ben = hby.makeHab("anna"), hby.makeHab("ben")
        begun = {"anna": log(anna), "ben": log(ben)}

        async def test(kit: Kit) -> None:
            path = f"/oobi/{anna.pre}"
            for came, status, words in [
                (Answer(404, [], b""), 422, "knows nobody"),
                (Answer(500, [], b"x"), 502, "status 500"),
                (refusal("off", "The network is off."), 403, "The network is off."),
                (refusal("late", "No answer came in time."), 504, "in time"),
                (refusal("unreachable", "It cannot be reached."), 502, "cannot be reached"),
                (answer(200, b"<html>", "text/html; charset=utf-8"), 502, "of type text/html"),
                (Answer(200, [], b"x"), 502, "unknown"),
                (answer(200, b" \n"), 502, "empty"),
                (answer(200, b"\x00garbage" * 50), 422, "was refused"),
                (answer(200, begun["ben"].replace(b'"kt":"1"', b'"kt":"2"')), 422, "was refused"),
                (answer(200, place(anna, "http://a.example/")), 422, "no key event of"),
                (answer(200, b"[" * 5000, "application/json"), 422, "JSON"),
                (answer(200, b'{"v":1}', "application/schema+json"), 422, "schema"),
                (answer(200, b'{"a":{"urls":["http://x.example/oobi"]}}', "application/json"), 422, "http://x.example/oobi"),
            ]:
                kit.web[path] = came
                got = await post(kit, "/app/ledger/oobi", url=f"{HOST}{path}", alias="Anna")
                assert got.status == status and words in got.json["detail"], (words, got.status, got.text)
                shown = await form(kit, "/app/ledger/oobi", url=f"{HOST}{path}")
                assert shown.status == status and "<script" not in shown.text
            listed = await get(kit, "/app/ledger", accept="application/json")
            assert listed.json["total"] == 0
            for url, field in [("http://u:p@w.example/oobi", "url"), ("", "url")]:
                got = await post(kit, "/app/ledger/oobi", url=url)
                assert (got.status, got.json["field"]) == (422, field)
            got = await post(kit, "/app/ledger/oobi", url=f"{HOST}{path}", alias="a" * 101)
            assert (got.status, got.json["field"]) == (422, "alias")
            kit.web[path] = begun["ben"]
            got = await post(kit, "/app/ledger/oobi", url=f"{HOST}{path}")
            assert got.status == 422 and f"no key event of {anna.pre} came" in got.text, "somebody else's log is no introduction"

        within(test)


@pytest.mark.parametrize(("kind", "leads"), [
    ("off", "Turn it on"), ("ask", "Answer under"), ("many", "Answer under"), ("refused", "Answer under"), ("late", ""), ("local", ""),
])  # fmt: skip
def test_what_waits_for_the_users_word_leads_there_and_back(within: Any, kind: str, leads: str) -> None:
    async def test(kit: Kit) -> None:
        url, alias = f"{HOST}/oobi?name=a&b", "Änne & <i>"
        kit.web["/oobi?name=a&b"] = refusal(kind, "So it is.")
        got = await post(kit, "/app/ledger/oobi", url=url, alias=alias)
        assert got.json["outside"] == kind and got.json["again"].startswith("app/ledger?oobi=http%3A%2F%2F")
        shown = await form(kit, "/app/ledger/oobi", url=url, alias=alias)
        links = [attrs["href"] for tag, attrs in Page(shown.text).elements if tag == "a"]
        assert leads in shown.text and len(links) == (1 if leads else 0)
        for link in links:
            path, _, query = link.partition("?")
            back = parse_qs(query)["back"]
            assert path == "app/network" and back == [got.json["again"]] and back_of(Fields(request(f"/{link}"))) == back[0]
            filled = {attrs.get("id"): attrs.get("value") for _, attrs in Page((await get(kit, f"/{back[0]}")).text).elements}
            assert (filled["oobi-url"], filled["oobi-alias"]) == (url, alias)

    within(test)


def test_a_log_below_its_threshold_waits_and_the_page_says_so(within: Any) -> None:
    with habery() as hby:
        wan = hby.makeHab("wan", transferable=False)
        bob = hby.makeHab("bob", wits=[wan.pre], toad=1)
        bare = bytes(bob.makeOwnEvent(sn=0, allowPartiallySigned=True))

        async def test(kit: Kit) -> None:
            kit.web[f"/oobi/{bob.pre}"] = bare
            shown = await form(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{bob.pre}", alias="<b>Bob")
            page = Page(shown.text)
            assert shown.status == 200 and page.problems == [] and "It waits" in page.text, shown.text
            assert "&lt;b&gt;Bob" in shown.text or "<b>Bob" not in shown.text
            got = await post(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{bob.pre}")
            assert (got.json["sn"], got.json["alias"]) == (None, "<b>Bob")

        within(test)


def test_a_schema_is_the_one_that_the_address_names(within: Any) -> None:
    from keri.core import coring, scheming
    from slices.credentials import schemas

    def made(sed: dict[str, Any]) -> Any:
        _, said = coring.Saider.saidify(sad={**sed, "$id": ""}, label="$id")
        return scheming.Schemer(raw=json.dumps(said, separators=(",", ":")).encode())

    sample = next(iter(schemas.SAMPLES.values()))
    schemer, useless = made({**sample, "title": "Badge"}), made({**sample, "title": "Useless", "properties": {}})

    async def test(kit: Kit) -> None:
        kit.web |= {f"/oobi/{schemer.said}": answer(200, schemer.raw, "application/schema+json")}
        kit.web |= {"/oobi/" + "E" * 44: answer(200, schemer.raw, "application/schema+json")}
        got = await post(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{schemer.said}")
        assert got.status == 200 and (got.json["schema"]["said"], got.json["schema"]["title"]) == (schemer.said, "Badge"), got.text
        shown = await form(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{schemer.said}")
        page = Page(shown.text)
        assert page.problems == [] and page.all("form", action="app/credentials/schemas")
        kit.web |= {f"/oobi/{useless.said}": answer(200, useless.raw, "application/json")}
        got = await post(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{useless.said}")
        assert (got.status, got.json["field"]) == (422, "url") and "none for credentials" in got.text
        got = await post(kit, "/app/ledger/oobi", url=f"{HOST}/oobi/{'E' * 44}")
        assert got.status == 422 and "not the one that the address names" in got.text

    within(test)
