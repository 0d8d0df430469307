"""The gate: nothing leaves before it is allowed, every request is answered once and in time, and what left is told."""

from __future__ import annotations

import pytest
from gatekit import SITE, Gatehouse

from router.policy.outside import gate, sent, words

OTHER = "https://wil.example"


def house(**more) -> Gatehouse:
    built = Gatehouse(**more)
    built.consent()
    return built


# -- consent -------------------------------------------------------------------------------------------------------------


def test_nothing_leaves_before_the_network_is_on() -> None:
    off = Gatehouse()
    assert off.kind(off.send()) == "off" and not off.starts
    off.consent(enabled=False, origins={SITE: True})
    assert off.kind(off.send()) == "off" and not off.starts and not off.network["enabled"]
    assert not [one for one in off.news() if "asked" in one], "what is off is not asked about"


def test_an_origin_is_asked_about_once_by_name_and_with_the_reason() -> None:
    built = house()
    asked = [built.send(f"{OTHER}/oobi/{each}") for each in range(3)]
    assert [built.kind(id) for id in asked] == ["ask"] * 3 and OTHER in built.answers[asked[0]]["problem"]
    (one,) = built.news()
    assert one["asked"] == {
        "origin": OTHER, "who": "ledger", "reason": "to resolve the OOBI you pasted", "when": int(built.now)
    }  # fmt: skip
    assert built.network["asked"] == 1 and not built.starts
    built.consent(origins={SITE: True, OTHER: None})
    assert built.kind(built.send(f"{OTHER}/")) == "ask" and len(built.news()) == 2, "the same is told again until it is noted"
    built.consent(origins={SITE: True, OTHER: False})
    assert built.kind(built.send(f"{OTHER}/")) == "refused" and built.network["asked"] == 0
    built.consent(origins={SITE: True, OTHER: True})
    id = built.send(f"{OTHER}/")
    assert built.opened == [SITE, OTHER] and built.outside[id]["url"] == f"{OTHER}/"


def test_questions_are_bounded() -> None:
    built = house()
    for number in range(gate.QUESTIONS):
        assert built.kind(built.send(f"http://a{number}.example/")) == "ask"
    assert built.kind(built.send("http://one.too.many/")) == "many" and built.network["asked"] == gate.QUESTIONS


def test_the_line_is_told_and_what_failed_without_it_is_offline() -> None:
    def lines() -> list[bool]:
        return [one["open"] for one in built.papers["w1"].messages if one["type"] == "outside:line"]

    built = Gatehouse()
    built.feed("line", online=False)
    assert lines() == [], "nobody keeps an outbox yet"
    built.consent()
    built.feed("line", online=True)
    built.consent(enabled=False, origins={SITE: True})
    built.consent()
    assert lines() == [False, True, False, True]
    built.feed("line", online=False)
    one, other = built.send(), built.send()
    built.come(one, 200)
    built.come(other, 599, "unreachable", body=0)
    assert built.kind(one) == "", "this machine's own servers need no line"
    assert built.kind(other) == "offline" and "offline" in built.answers[other]["problem"]
    built = house()
    built.feed("line", online=False)
    ids = [built.send() for _ in range(gate.PER_ORIGIN + 1)]
    built.feed("gateway_lost", generation=built.gateway, reason="its script could not be loaded")
    assert [built.kind(id) for id in ids] == ["offline"] * len(ids), "where the app is not kept its script is not there offline"


def test_who_is_not_the_slice_cannot_allow() -> None:
    built = Gatehouse()
    built.consent(worker="w2")
    assert built.kind(built.send()) == "off" and "ignored" in built.logs[-1][1]


def test_what_is_revoked_or_turned_off_ends_at_once() -> None:
    built = house()
    ids = [built.send() for _ in range(gate.PER_ORIGIN + 1)]
    built.consent(origins={SITE: False})
    assert [built.kind(id) for id in ids] == ["revoked"] * gate.PER_ORIGIN + ["refused"]
    assert sorted(built.called_back) == sorted(ids[:-1]) and built.opened == []
    built.consent()
    ids = [built.send() for _ in range(gate.PER_ORIGIN + 1)]
    built.consent(enabled=False)
    assert [built.kind(id) for id in ids] == ["stopped"] * gate.PER_ORIGIN + ["off"] and not built.gateway
    built.come(ids[0], generation=1)  # crossed it on the way
    assert len(built.answers) == 2 * len(ids)


# -- what must not be sent -----------------------------------------------------------------------------------------------


ADDRESS = {"origin": SITE, "scheme": "http", "login": False, "own": False, "loopback": False, "local": False}


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"address": {**ADDRESS, "scheme": "ftp"}}, "http and https"),
        ({"address": {**ADDRESS, "login": True}}, "password"),
        ({"address": {**ADDRESS, "own": True}}, "own address"),
        ({"address": None}, "no address"),
        ({"address": {}}, "no address"),
        ({"url": ""}, "no address"),
        ({"url": "x" * (sent.MAX_URL + 1)}, "no address"),
        ({"method": "CONNECT"}, "CONNECT"),
        ({"method": None}, "method"),
        ({"headers": {"a": "b"}}, "headers"),
        ({"headers": [["a", "b"]] * 65}, "headers"),
        ({"headers": [["a b", "c"]]}, "name"),
        ({"headers": [["a", "b\r\nx: y"]]}, "value"),
        ({"headers": [["a", "\u0100"]]}, "value"),
        ({"headers": [["a", "b" * 140000]]}, "KiB"),
        ({"headers": [["a"]]}, "pair"),
        ({"body": sent.MAX_SEND + 1}, "MiB"),
        ({"body": 1, "method": "GET"}, "content"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_reason(more, word) -> None:
    built = house()
    id = built.send(**more)
    assert built.kind(id) == "bad" and word in built.answers[id]["problem"], built.answers[id]
    assert not built.starts and not built.news() and id not in built.bodies


def test_https_does_not_ask_http() -> None:
    built = Gatehouse(secure=True)
    built.consent(origins={SITE: True, "http://127.0.0.1:5642": True, OTHER: True})
    assert built.kind(built.send()) == "mixed"
    assert built.kind(built.send("http://127.0.0.1:5642/oobi")) is None and built.kind(built.send(f"{OTHER}/")) is None


# -- how it ends ---------------------------------------------------------------------------------------------------------


def test_an_answer_comes_with_its_body_and_is_written_down() -> None:
    built = house()
    id = built.send(body=7)
    assert built.outside[id]["method"] == "POST" and built.outside[id]["headers"] == [["accept", "*/*"]]
    built.advance(120)
    built.come(id, body=10)
    assert built.answers[id]["status"] == 200 and built.answers[id]["headers"] == [["content-type", "application/json"]]
    (one,) = built.news()
    assert one["left"] == {
        "when": int(built.now - 120), "who": "ledger", "reason": "to resolve the OOBI you pasted", "method": "POST",
        "url": f"{SITE}/oobi", "origin": SITE, "bytes": 17, "status": 200, "ms": 120, "kind": "",
    }  # fmt: skip
    assert built.network == {"enabled": True, "allowed": 1, "asked": 0, "last": int(built.now - 120)}
    assert id not in built.bodies and id not in built.replies


@pytest.mark.parametrize("kind", ["html", "large", "redirect", "late", "unreachable", "offline", "host", "broken"])
def test_what_is_no_answer_says_why(kind: str) -> None:
    built = house()
    id = built.send()
    built.come(id, status=404, kind=kind)
    assert built.kind(id) == kind and not built.answers[id]["headers"]
    assert built.news()[-1]["left"]["kind"] == kind


def test_another_version_of_keri_is_told_with_its_own_status() -> None:
    built = house()
    id = built.send(body=1)
    built.come(id, status=406)
    assert (built.answers[id]["status"], built.kind(id)) == (406, "type") and "version" in built.answers[id]["problem"]


def test_one_in_the_own_network_has_its_own_words() -> None:
    built = house()
    built.consent(origins={"http://localhost:1": True})
    id = built.send("http://localhost:1/")
    built.come(id, kind="unreachable")
    assert built.kind(id) == "local" and "Local Network Access" in built.answers[id]["problem"]


def test_six_at_a_time_to_one_origin_and_none_waits_for_another_origin() -> None:
    built = house()
    built.consent(origins={SITE: True, OTHER: True})
    ids = [built.send() for _ in range(15)]
    other = built.send(f"{OTHER}/")
    assert sorted(built.outside) == sorted([*ids[:6], other])
    built.come(ids[2])
    assert ids[6] in built.outside and ids[7] not in built.outside, "first come, first served"
    for id in [*ids[:2], *ids[3:]]:
        assert id in built.outside
        built.come(id)
    assert built.starts == 1 and all(built.kind(id) == "" for id in ids)


def test_what_waits_too_long_was_not_sent() -> None:
    built = house()
    for _ in range(gate.PER_ORIGIN):
        built.send(within=60_000)
    id = built.send(within=1000)
    built.advance(1001)
    assert built.kind(id) == "queued" and not built.news()


def test_the_queue_is_bounded() -> None:
    built = house()
    for _ in range(gate.PER_ORIGIN + gate.WAITING):
        assert built.kind(built.send()) is None
    assert built.kind(built.send()) == "full"


def test_a_gateway_that_is_silent_is_replaced() -> None:
    built = house()
    slow, later = built.send(within=1000), built.send(within=9000)
    built.advance(1000 + gate.GRACE_MS - 1)
    assert built.kind(slow) is None, "the gateway has its own clock, and a moment to say so"
    built.advance(2)
    assert built.kind(slow) == "late" and built.kind(later) == "gateway" and not built.gateway
    again = built.send()
    assert built.gateway == 2 and again in built.outside and built.opened == [SITE]


def test_a_gateway_that_dies_takes_along_what_it_had_and_no_more() -> None:
    built = house()
    first = built.send()
    built.come(first)
    ids = [built.send() for _ in range(gate.PER_ORIGIN + 2)]
    built.feed("gateway_lost", generation=1, reason="out of memory")
    assert [built.kind(id) for id in ids] == ["gateway"] * gate.PER_ORIGIN + [None, None]
    assert "out of memory" in built.answers[ids[0]]["problem"] and built.starts == 2 and sorted(built.outside) == ids[-2:]
    built.feed("gateway_lost", generation=1, reason="told twice")
    assert built.gateway == 2, "another generation's death is no news"


def test_a_gateway_that_cannot_start_is_not_tried_for_each_that_waits() -> None:
    built = house()
    ids = [built.send() for _ in range(40)]
    built.feed("gateway_lost", generation=1, reason="its script could not be loaded")
    assert [built.kind(id) for id in ids] == ["gateway"] * 40 and built.starts == 1 and not built.gateway


def test_no_answer_to_whom_does_not_want_it() -> None:
    built = house()
    ids = [built.send() for _ in range(gate.PER_ORIGIN + 1)]
    for id in (ids[-1], ids[0]):
        built.from_worker("w1", "outside_cancel", id=id)
    assert ids[0] in built.called_back and ids[-1] not in built.answers and ids[-1] not in built.outside
    built.from_worker("w2", "outside_cancel", id=ids[1])
    assert ids[1] in built.outside, "it is another's"


def test_a_lost_worker_leaves_nothing_and_the_next_one_hears_the_news() -> None:
    built = house()
    ids = [built.send() for _ in range(gate.PER_ORIGIN + 1)]
    built.come(ids[0])
    told = built.news()
    built.from_worker("w1", "fault", fatal=True, error={"type": "E", "message": "died"})
    assert not built.outside and not [id for id in ids[1:] if id in built.answers]
    built.advance(1000)
    built.ready("w1")
    assert not built.news()
    built.consent()
    news = built.news()
    assert news[0] == told[0] and len(news) == gate.PER_ORIGIN + 1 and {one["left"]["kind"] for one in news[1:]} == {"cancelled"}
    built.from_worker("w1", "outside_noted", n=news[2]["n"])
    built.consent()
    assert [one["n"] for one in built.news()][len(news) :] == [one["n"] for one in news[3:]]


def test_garbage_is_no_request() -> None:
    built = house()
    for event in ({}, {"id": None}, {"id": 7, "headers": 3}, {"id": "a", "address": 5, "deadline": "x", "limit": -1, "who": None}):
        built.sent.add("a")
        built.from_worker("w1", "outside_send", **event)
    assert built.kind("a") == "bad"
    built.from_worker("w1", "outside_consent", enabled="yes", origins=[1])
    assert not built.network["enabled"]
    built.feed("gateway_answer", id="never", generation=1)
    built.feed("gateway_lost", generation=None)
    built.feed("outside_send", worker="w9", generation=1, id="x")


def test_there_are_words_for_every_kind() -> None:
    for kind, text in words.WORDS.items():
        said = words.explain(kind, SITE, 5 << 20, 404, "why so")
        assert said and "%" not in said and said[-1] in ".?", (kind, said)
        assert text.count("%(") <= 3 and len(said) < 420, kind
    assert words.explain("", SITE, 1, 200) == "" and "odd" in words.explain("odd", SITE, 1, 200)
