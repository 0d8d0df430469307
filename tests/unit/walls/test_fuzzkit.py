"""The requests that are drawn: the same from the same seed, to every route, in every kind of body."""

from __future__ import annotations

from hostile import fuzzkit
from tablekit import TABLE

from router.policy.routing import Table

COUNT = 6000


def test_seed_and_number_say_it_all() -> None:
    """What is there to be named changes only what is named."""
    at = fuzzkit.Surroundings({"aid": ["E" * 44], "wallet.aid": ["E" * 44, "D" * 44]}, {"kel": b'{"v":"KERI10JSON"}'})
    for number in range(60):
        one, same = (fuzzkit.request(7, number, at) for _ in range(2))
        assert one == same
        other = fuzzkit.request(7, number, fuzzkit.Surroundings())
        assert (one.method, one.route, one.plain, sorted(one.headers)) == (other.method, other.route, other.plain, sorted(other.headers))
    assert fuzzkit.request(7, 1, at) != fuzzkit.request(8, 1, at)


def test_every_route_and_every_kind_of_body_is_drawn() -> None:
    drawn = [fuzzkit.request(1, number, fuzzkit.Surroundings()) for number in range(COUNT)]
    assert {one.route for one in drawn} == {f"{each.method} {each.pattern}" for each in TABLE}
    kinds = {one.headers.get("content-type", "").partition(";")[0] for one in drawn}
    assert {"application/json", "application/x-www-form-urlencoded", "multipart/form-data", "application/cesr"} <= kinds
    bodies = [one.body for one in drawn if one.body]
    for sign in (b"1e400", b"NaN", b"\\ud800", b"[" * 500, b"%F0%9D%94%98", b"\xff\xfe", b"KERI10CBOR", b'"__proto__"'):
        assert any(sign in body for body in bodies), sign
    table = Table(TABLE)
    lost = [one for one in drawn if table.match(one.method, "/" + one.path.partition("?")[0])[0] is None]
    assert len(lost) < COUNT / 5, "most requests come to their route"


def test_every_good_body_has_its_route() -> None:
    there = {f"{each.method} {each.pattern}" for each in TABLE}
    assert set(fuzzkit.GOOD) <= there and set(fuzzkit.RAW) | set(fuzzkit.STILL) <= {each.pattern for each in TABLE}
