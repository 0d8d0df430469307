"""Streams that people have: each file of cases/ by its route, with the value that is right."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from ledgerkit import book, books, ledger, told, unsynced  # noqa: F401 (fixtures)
from slicekit import HTML, Page, get, post
from workerkit import Kit

CASES = Path(__file__).resolve().parents[3] / "cases"
SIGNATURES = json.loads((CASES / "01-signatures-for-verify.json").read_bytes())


def case(name: str) -> bytes:
    return (CASES / f"{name}.cesr").read_bytes()


@pytest.fixture
def within(unsynced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: F811
    """Runs a coroutine function with a worker that has an empty ledger; no request of it may be a fault."""

    def start(test: Callable[[Kit], Awaitable[None]]) -> None:
        async def inner() -> None:
            async with ledger(tmp_path, monkeypatch) as kit:
                try:
                    await test(kit)
                finally:
                    assert not kit.faults(), kit.faults()[0]["error"]["traceback"]

        asyncio.run(inner())

    return start


async def sent(kit: Kit, name: str | bytes, accept: str = "application/json") -> Any:
    data = case(name) if isinstance(name, str) else name
    answer = await kit.ask(
        "POST", "/app/ledger", body=data, headers={"content-type": "application/cesr"}, accept=accept
    )
    assert answer.status == 200, answer.text
    if accept != HTML:
        return answer.json
    shown = Page(answer.text)
    assert not shown.problems
    return shown.text


def test_01_a_fork_in_cbor_is_duplicity_and_everything_of_it_is_shown(within: Any) -> None:
    aid = SIGNATURES["cbor"]["aid"]

    async def test(kit: Kit) -> None:
        assert [each["sn"] for each in (await sent(kit, "01-cbor-log"))["accepted"]] == [0, 1, 2]
        for sn in range(3):
            for accept in ("application/json", HTML):
                assert (await get(kit, f"/app/ledger/{aid}/events/{sn}", accept)).status == 200
        told = (await get(kit, f"/app/ledger/{aid}/events/0", "application/json")).json
        assert told["kind"] == "CBOR" and json.loads(told["json"])["i"] == aid and told["cesr"] is None and told["data"]
        fork = await sent(kit, "01-cbor-fork-at-1")
        assert [(each["sn"], each["code"]) for each in fork["rejected"]] == [(1, "duplicity")] and fork["duplicity"]
        detail = (await get(kit, f"/app/ledger/{aid}", "application/json")).json
        assert detail["duplicitous"] and json.loads(detail["duplicity"][0]["other"]["json"])["s"] == "1"
        shown = await get(kit, f"/app/ledger/{aid}")
        assert shown.status == 200 and "Two different events 1" in Page(shown.text).text
        kel = await get(kit, f"/app/ledger/{aid}/kel")
        assert kel.status == 200 and (await sent(kit, kel.body))["known"]

    within(test)


@pytest.mark.parametrize(
    "key, sn, valid, earlier", [("by0", 1, True, None), ("by0", None, False, 0), ("by1", None, True, None)]
)
def test_01_verify_against_a_log_in_cbor(
    within: Any, key: str, sn: int | None, valid: bool, earlier: int | None
) -> None:
    cbor = SIGNATURES["cbor"]

    async def test(kit: Kit) -> None:
        await sent(kit, "01-cbor-log")
        await sent(kit, "01-cbor-then-rot-ixn")
        more = {} if sn is None else {"sn": sn}
        answer = await post(kit, "/app/verify", aid=cbor["aid"], text=cbor["msg"], signatures=[cbor[key]], **more)
        assert answer.status == 200, answer.text
        assert (answer.json["valid"], answer.json["earlier"]) == (valid, earlier)

    within(test)


def test_01_a_damaged_spot_hides_nothing(within: Any) -> None:
    async def test(kit: Kit) -> None:
        result = await sent(kit, "01-cbor-damaged-spot-hides-good-events")
        assert [each["sn"] for each in result["accepted"]] == [0, 1, 2]
        assert [(each["offset"], each["size"]) for each in result["rejected"]] == [(0, 2), (343, 2)]

    within(test)


@pytest.mark.parametrize(
    "name", ["19-ledger-v1-counter-first", "19-ledger-v1-counter-between", "19-ledger-v2-counter-first"]
)
def test_19_version_counters_are_passed_over_with_a_remark(book: Any, name: str) -> None:  # noqa: F811
    result = book.ingest(case(name))
    assert told(result) == {"accepted": [0, 1, 2], "known": [], "rejected": [], "escrowed": []}
    (remark,) = result["remarks"]
    assert "version counter" in remark["remark"] and f"{2 if 'v2' in name else 1}.00" in remark["remark"]
    assert remark["byte"] == (391 if "between" in name else 0)


@pytest.mark.parametrize("counter", [b"-_AAABAA", b"--AAABAA", b"-_AAACAA", b"-_AAABAA-_AAACAA"])
def test_19_version_counters_anywhere(books: Any, counter: bytes) -> None:  # noqa: F811
    log = case("19-ledger-v1-counter-between").replace(b"-_AAABAA", b"")
    body = log.index(b"}-AAB") + 1
    following = log.index(b'{"v"', 1)
    places = [0, body, following, log.index(b"}-AAB", following) + 1, len(log)]
    for place in places:
        book = books()  # noqa: F811
        result = book.ingest(log[:place] + counter + log[place:])
        assert told(result) == {"accepted": [0, 1, 2], "known": [], "rejected": [], "escrowed": []}, (
            place,
            result["rejected"],
        )
        said = [*result["remarks"], *(each for entry in result["accepted"] for each in entry.get("remarks", ()))]
        assert said, place
        book.close()


@pytest.mark.parametrize("line", [b"\n", b"\r\n"])
@pytest.mark.parametrize("width", [64, 76, 78, 131])
def test_04_a_wrapped_stream_is_read(books: Any, width: int, line: bytes) -> None:  # noqa: F811
    log = case("70-3-delegator-more")
    wrapped = line.join(log[at : at + width] for at in range(0, len(log), width)) + line
    result = books().ingest(b"\xef\xbb\xbf" + wrapped)
    assert told(result) == {"accepted": [0, 1, 2], "known": [], "rejected": [], "escrowed": []}
    assert result["accepted"][0]["offset"] == 3
    assert sum(each["size"] for each in result["accepted"]) == len(wrapped) - len(line)


def test_04_byte_order_mark_and_line_ends(books: Any) -> None:  # noqa: F811
    result = books().ingest(case("04-ledger-bom"))
    assert told(result) == {"accepted": [0, 1, 2], "known": [], "rejected": [], "escrowed": []}
    result = books().ingest(case("04-lf-between"))
    assert told(result)["accepted"] == [0, 1, 2] and not result["rejected"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32"])
def test_20_another_encoding_is_named(book: Any, encoding: str) -> None:  # noqa: F811
    data = case("20-ledger-utf16le").decode("utf-16-le").removeprefix("\ufeff").encode(encoding)
    (refused,) = book.ingest(data)["rejected"]
    assert (
        refused["code"] == "encoding" and f"UTF-{encoding[4:6]}" in refused["reason"] and refused["size"] == len(data)
    )
    (refused,) = book.ingest(case("20-ledger-utf16le"))["rejected"]
    assert "UTF-16" in refused["reason"]


def test_25_nested_weights_are_shown_as_people_write_them(within: Any) -> None:
    async def test(kit: Kit) -> None:
        (entry,) = (await sent(kit, "25-nested-weights"))["accepted"]
        shown = Page((await get(kit, f"/app/ledger/{entry['aid']}")).text).text
        assert "1/2 of (1/2, 1/2), 1/2, 1/2 (a sum of 1)" in " ".join(shown.split()), shown
        assert "{" not in shown.split("Promised next")[0].split("threshold")[1]

    within(test)


def test_30a_what_keripy_cannot_judge_is_said(books: Any) -> None:  # noqa: F811
    book = books()  # noqa: F811
    for name in ("30a-delegate-base", "30a-delegator-more", "30a-drt1"):
        assert not book.ingest(case(name))["rejected"]
    assert [each["sn"] for each in book.log(next(aid for aid, head in book.heads().items() if head["di"]))] == [0, 1, 2]
    result = book.ingest(case("30a-drt1b"))
    assert (
        told(result)["rejected"] == [(2, "superseding")]
        and "keripy 1.3.6 cannot judge" in result["rejected"][0]["reason"]
    )
    forged = bytearray(case("30a-drt1b"))
    forged[-5] ^= 1
    assert told(book.ingest(bytes(forged)))["rejected"] == [(2, "signature")]


def test_32_nothing_is_read_inside_a_message_of_version_2(book: Any) -> None:  # noqa: F811
    result = book.ingest(case("32-v2-exn-with-a-v1-event-inside"))
    (refused,) = result["rejected"]
    assert "version 2" in refused["reason"] and (refused["offset"], refused["size"]) == (0, 443)
    (entry,) = result["accepted"]
    assert entry["offset"] == 443, "what follows it stands for itself"


def test_70_a_log_grows_over_any_number_of_imports(books: Any) -> None:  # noqa: F811
    book = books()  # noqa: F811
    assert told(book.ingest(case("70-1-delegator-and-dip")))["accepted"] == [0, 1, 0]
    book = books(book)
    result = book.ingest(case("70-2-drt-with-couple"))
    assert told(result)["escrowed"] == [(1, "delegation")] and not result["rejected"]
    book = books(book)
    assert sorted(told(book.ingest(case("70-3-delegator-more")))["accepted"]) == [1, 2] and not book.notes.pending


def test_what_is_no_key_event_is_listed_with_where_it_belongs(within: Any) -> None:
    async def test(kit: Kit) -> None:
        result = await sent(kit, "00-good-presentation")
        assert [each["sn"] for each in result["accepted"]] == [0, 1, 2] and not result["rejected"]
        assert [each["byte"] for each in result["other"]] == [1407, 1738, 2051]
        assert all(each["where"].startswith("Credentials > Verify") for each in result["other"])
        assert "credential (ACDC)" in result["other"][2]["kind"]
        shown = await sent(kit, "00-good-presentation", HTML)
        assert "Not for the ledger" in shown and "it belongs to Credentials > Verify" in shown and "Rejected0" in shown
        grant = await sent(kit, "33-ipex-grant")
        assert not grant["rejected"] and "IPEX grant" in grant["other"][0]["kind"]
        assert "Nothing for the ledger" in await sent(kit, "33-ipex-grant", HTML)

    within(test)


def test_one_log_in_each_serialization_by_every_route(within: Any) -> None:
    """What keripy makes in CBOR and MessagePack is as good as JSON: key states, raw views, verification, duplicity."""
    from keri.core import coring, eventing, signing

    async def test(kit: Kit) -> None:
        for kind in ("JSON", "CBOR", "MGPK"):
            keys = signing.Salter(raw=b"each-kind-has-16").signers(count=3, path=kind, temp=True)
            digests = [coring.Diger(ser=each.verfer.qb64b).qb64 for each in keys]
            seals = [{"big": float("inf"), "n": float("nan"), "deep": [[[["x"]]]]}]
            icp = eventing.incept(
                keys=[keys[0].verfer.qb64], ndigs=digests[1:2], code=coring.MtrDex.Blake3_256, kind=kind
            )
            ixn = eventing.interact(pre=icp.pre, dig=icp.said, sn=1, data=seals, kind=kind)
            rot = eventing.rotate(
                pre=icp.pre, keys=[keys[1].verfer.qb64], dig=ixn.said, ndigs=digests[2:], sn=2, kind=kind
            )
            fork = eventing.interact(pre=icp.pre, dig=icp.said, sn=1, data=[{"other": 1}], kind=kind)
            icp_, ixn_, rot_, fork_ = (
                bytes(eventing.messagize(each, sigers=[key.sign(each.raw, index=0)]))
                for each, key in ((icp, keys[0]), (ixn, keys[0]), (rot, keys[1]), (fork, keys[0]))
            )
            result = await sent(kit, icp_ + b"\xff\x00what" + ixn_ + b"@@" + rot_)
            assert [each["sn"] for each in result["accepted"]] == [0, 1, 2], (kind, result)
            assert [each["size"] for each in result["rejected"]] == [6, 2]
            told = (await get(kit, f"/app/ledger/{icp.pre}", "application/json")).json
            assert [each["type"] for each in told["events"]] == ["icp", "ixn", "rot"] and told["sn"] == 2
            assert all(each["valid"] for each in told["events"])
            assert told["events"][1]["seals"] == [{"big": "Infinity", "n": "NaN", "deep": [[[["x"]]]]}]
            assert (await get(kit, f"/app/ledger/{icp.pre}")).status == 200
            for sn in range(3):
                raw = (await get(kit, f"/app/ledger/{icp.pre}/events/{sn}", "application/json")).json
                assert raw["kind"] == kind and json.loads(raw["json"])["s"] == f"{sn}", raw
                assert (raw["cesr"] is None) == (kind != "JSON")
                assert (await get(kit, f"/app/ledger/{icp.pre}/events/{sn}")).status == 200
            for key, index, sn, valid, earlier in (
                (0, 0, 1, True, None),
                (0, 0, None, False, 0),
                (1, 0, None, True, None),
            ):
                signed = keys[key].sign(b"words", index=index).qb64
                more = {} if sn is None else {"sn": sn}
                answer = await post(kit, "/app/verify", aid=icp.pre, text="words", signatures=[signed], **more)
                assert (answer.status, answer.json["valid"], answer.json["earlier"]) == (200, valid, earlier)
            assert [each["code"] for each in (await sent(kit, fork_))["rejected"]] == ["duplicity"]
            other = eventing.rotate(
                pre=icp.pre, keys=[keys[1].verfer.qb64], dig=ixn.said, ndigs=digests[:1], sn=2, kind=kind
            )
            other_ = bytes(eventing.messagize(other, sigers=[keys[1].sign(other.raw, index=0)]))
            assert [each["code"] for each in (await sent(kit, other_))["rejected"]] == ["duplicity"]
            assert (await get(kit, f"/app/ledger/{icp.pre}")).status == 200
            kel = await get(kit, f"/app/ledger/{icp.pre}/kel")
            assert len((await sent(kit, kel.body))["known"]) == 3

    within(test)


HALF = '"\\ud800"'


@pytest.mark.parametrize(
    "body",
    [
        '{"v":"KERI10JSON%s_","t":"icp","d":' + HALF + ',"i":' + HALF + ',"s":"0"}',
        '{"v":"KERI10JSON%s_","t":' + HALF + ',"d":"E","i":"E","s":"0"}',
        '{"v":"KERI10JSON%s_","t":"icp","d":"%s","i":"%s","s":"0","kt":' + HALF + "}",
        '{"v":"KERI10JSON%s_","t":"rpy","d":"%s","dt":1e400,"r":' + HALF + ',"a":{}}',
        '{"v":"KERI10JSON%s_","t":"ixn","d":"%s","i":"%s","s":"' + "f" * 33 + '","p":[],"a":[1e400]}',
        '{"v":"KERI10JSON%s_","t":"ixn","d":"%s","i":"%s","s":1,"p":"%s","a":{}}',
        '{"v":"KERI10JSON%s_","t":"rct","d":"%s","i":"%s","s":"-1"}',
        '{"v":"KERI10JSON%s_","t":["icp"],"d":{},"i":null,"s":"0"}',
        '{"v":"KERI10JSON%s_","t":"drt","d":"%s","i":"%s","s":"0","a":' + "[" * 40 + "]" * 40 + "}",
    ],
)
@pytest.mark.parametrize("signed", [b"", b"-AABAABY", b"-VAA", b"-CAB" + b"B" * 132, b"-_AAABAA", b"-FAB", b"\xf8\x40"])
def test_odd_content_is_told_never_a_fault(within: Any, body: str, signed: bytes) -> None:
    said = "E" + "A" * 43
    text = body.replace("%s", "000000", 1).replace("%s", said)
    text = text.replace("000000", f"{len(text.encode()):06x}", 1)

    async def test(kit: Kit) -> None:
        log = case("70-3-delegator-more")
        for stream in (text.encode() + signed, log[:459] + text.encode() + signed + b"\n" + log[459:]):
            for accept in ("application/json", HTML):
                await sent(kit, stream, accept)
        assert (await get(kit, "/app/ledger", "application/json")).json["counts"]["events"] == 3

    within(test)


@pytest.mark.parametrize("group", [b"-CAB", b"-CAC", b"-FAB", b"-DAB", b"-HAB", b"-AAC", b"-VBA"])
def test_attachments_cut_anywhere_end(book: Any, group: bytes) -> None:  # noqa: F811
    """keripy's own Parser asks for the rest of a receipt for ever: it is never given one that is cut."""
    from keri.core import coring

    log = case("70-3-delegator-more")
    key, seqner, signature = b"B" + b"A" * 43, coring.Seqner(sn=0).qb64b, b"0B" + b"A" * 86
    whole = {
        b"C": key + signature,
        b"F": key + seqner + key + b"-AAB" + b"AA" + b"A" * 86,
        b"H": key + b"-AAB" + b"AA" + b"A" * 86,
    }
    body = log[: log.index(b"}-VA") + 1]
    rest = group + whole.get(group[1:2], key + seqner + key + b"AA" + b"A" * 86)
    for end in (4, 5, 30, 48, 49, 100, 130, 131, 135, 200, len(rest) - 1):
        refused = book.ingest(body + rest[:end])["rejected"]
        assert [each["code"] for each in refused] in (["truncated"], ["attachments"], ["signature"], ["form"]), (
            end,
            refused,
        )


@pytest.mark.parametrize("interactions", [1, 2])
def test_30a_a_delegated_rotation_over_interactions(book: Any, interactions: int) -> None:  # noqa: F811
    """Over the last one keripy judges it, over several it cannot: which is said."""
    from keri.core import coring, eventing, signing

    def made(name: str, delegator: str | None = None) -> tuple[list[Any], list[Any]]:
        keys = signing.Salter(raw=b"superseding-have").signers(count=3, path=name, temp=True)
        digests = [coring.Diger(ser=each.verfer.qb64b).qb64 for each in keys]
        more = {"delpre": delegator} if delegator else {"code": coring.MtrDex.Blake3_256}
        return keys, [eventing.incept(keys=[keys[0].verfer.qb64], ndigs=digests[1:2], **more), digests]

    def signed(serder: Any, key: Any) -> bytes:
        return bytes(eventing.messagize(serder, sigers=[key.sign(serder.raw, index=0)]))

    boss_keys, (boss, _) = made("boss")
    keys, (dip, digests) = made("dele", boss.pre)
    log = [dip]
    for _ in range(interactions):
        log.append(eventing.interact(pre=dip.pre, dig=log[-1].said, sn=len(log)))
    drt = eventing.deltate(pre=dip.pre, keys=[keys[1].verfer.qb64], dig=dip.said, ndigs=digests[2:], sn=1)
    seals = [{"i": each.pre, "s": each.snh, "d": each.said} for each in (dip, drt)]
    anchor = eventing.interact(pre=boss.pre, dig=boss.said, sn=1, data=seals)
    stream = signed(boss, boss_keys[0]) + signed(anchor, boss_keys[0]) + b"".join(signed(each, keys[0]) for each in log)
    assert not book.ingest(stream)["rejected"]
    result = book.ingest(signed(drt, keys[1]))
    if interactions == 1:
        assert told(result)["accepted"] == [1] and book.heads()[dip.pre]["et"] == "drt"
    else:
        assert told(result)["rejected"] == [(1, "superseding")], result


def test_a_log_that_is_no_text_fits_no_code() -> None:
    from slices.wallet.sharing import pack

    assert pack(["a", "b", None, "c"]) == ["ab", None, "c"] and pack([None]) == [None]
