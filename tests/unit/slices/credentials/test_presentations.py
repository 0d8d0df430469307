"""Presentations of strangers: every case with its right value; what keripy would take and nobody should; reasons in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from credkit import CASES, DATED, FIELDS, TRIAL, Issuer, good, issuers, loose, parts, remade, schemers, sealed
from ledgerkit import habery, unsynced  # noqa: F401 (fixtures)
from slices.credentials import judging, schemas, shapes
from slices.credentials.feeding import finished

pytestmark = pytest.mark.usefixtures("unsynced")

RIGHT = {
    "00-good-presentation": (True, ""),
    "02-edge-node-only-said": (False, "only a SAID is given"),
    "02-edges-compact": (False, "only the SAID of its edges is given"),
    "03-fab-instead-of-seal": (False, "(-F…), where the seal"),
    "05-cut-10": (None, "ends within message 6 at byte 2495"),
    "08-ref-to-nowhere": (False, "is not known here"),
    "11-operator-not": (False, "'NOT' is not judged"),
    "12-edge-of-another-schema": (False, "is of the schema"),
    "13-di2i-credential-before-its-tel": (False, "'DI2I' is not judged"),
    "13-far-revoked": (False, "was revoked on 2026-11-02"),
    "20-ledger-utf16le": (None, "UTF-16"),
    "33-ipex-grant": (None, "is an IPEX grant"),
    "33-schema-inline": (False, "holds the schema itself"),
    "61-registry-number": (False, "`ri`, the registry, is a number"),
}
"""Case -> valid (None: refused as a whole) and words of the reason."""


def judged(data: bytes, *more: Any) -> tuple[bool | None, str, dict[str, Any]]:
    """(valid, all that fails in words, the judgement): plain data, and no verdict without a reason."""
    told = finished(judging.judge(data, [*schemers(), *more]))
    json.dumps(told, allow_nan=False).encode()
    if told["refused"]:
        return None, told["refused"], told
    bad = [check["detail"] for each in told["credentials"] for check in each["checks"] if not check["ok"]]
    valid = all(each["saved"] and all(check["ok"] for check in each["checks"]) for each in told["credentials"])
    assert valid == (not bad), told
    for each in told["credentials"]:
        assert each["saved"] or any(not check["ok"] for check in each["checks"]), each
        assert all(check["detail"].strip() for check in each["checks"])
    return valid, " ".join(bad), told


@pytest.mark.parametrize("case", RIGHT)
def test_every_case_has_its_right_value(case: str) -> None:
    valid, words = RIGHT[case]
    found, told, _ = judged((CASES / f"{case}.cesr").read_bytes())
    assert found is valid and words in told, told


def same(data: bytes) -> dict[str, bytes]:
    """Name -> a stream that means the same."""
    each = parts(data)
    return {
        "white space around": b" \r\n\t".join([b"", *each, b""]),
        "a BOM": b"\xef\xbb\xbf" + data,
        "files put together": b"\n".join(b"\xef\xbb\xbf" + each for each in parts(data)),
        "wrapped at 76": b"\n".join(data[at : at + 76] for at in range(0, len(data), 76)),
        "wrapped at 64 with CR LF and a BOM": b"\xef\xbb\xbf" + b"\r\n".join(data[at : at + 64] for at in range(0, len(data), 64)),
        "the other way round": b"".join(reversed(each)),
        "credential first": b"".join([each[-1], *each[:-1]]),
        "all twice": b"".join(each + each),
        "version counters": b"-_AAABAA" + b"-_AAACAA".join(each) + b"-_AAABAA",
        "a reply besides": data + reply(),
        "a receipt by a passer-by": data + passer_by(each[0]),
        "a receipt by a passer-by of what is not there": passer_by(each[0], sn=7) + data,
    }


def reply() -> bytes:
    with habery("replying") as hby:
        return bytes(hby.makeHab("witness").makeEndRole("E" + "A" * 43, role="mailbox"))


def passer_by(message: bytes, sn: int = 0) -> bytes:
    """A receipt by an identifier that is no witness: anybody may sign what he has seen."""
    from keri.core import eventing

    body = message[: message.index(b"}-") + 1]
    sad = json.loads(body)
    with habery("passing") as hby:
        hab = hby.makeHab("passer-by", transferable=False)
        receipt = eventing.receipt(pre=sad["i"], sn=sn, said=sad["d"] if sn == 0 else "E" + "A" * 43)
        return bytes(eventing.messagize(receipt, cigars=hab.sign(ser=body, indexed=False)))


def test_what_changes_no_message_changes_no_verdict() -> None:
    """Cases 04 and 19."""
    for name, data in same(good()).items():
        valid, told, report = judged(data)
        assert valid is True, (name, told)
        loud = ("files put together", "a receipt by a passer-by of what is not there", "a BOM",
                "wrapped at 76", "wrapped at 64 with CR LF and a BOM", "version counters", "a reply besides")  # fmt: skip
        assert (name in loud) == bool(report["remarks"]), (name, report["remarks"])


def test_of_too_many_none_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 63: the last of 201 is bad."""
    with issuers("issuer") as (issuer,):
        made = [issuer.issue(issuer.body({"d": "", "dt": DATED, "name": str(n)})) for n in range(3)]
        bad = parts(made[2][1][1])[0].replace(b'"name":"2"', b'"name":"3"')
        stream = [*issuer.log, *issuer.tel, *made[0][1], *made[1][1], made[2][1][0], bad]
        assert judged(b"".join(stream))[0] is False
        monkeypatch.setattr(judging, "CREDENTIALS_MOST", 2)
        valid, told, _ = judged(b"".join(stream))
        assert valid is None and "holds 3 credentials, 2 are judged" in told


# -- what keripy takes ----------------------------------------------------------------------------------------------------


def test_a_strangers_registry_issues_and_revokes_nothing_of_others() -> None:
    """keripy keeps a credential's events by the credential alone: anybody's registry could speak for it."""
    with issuers("honest", "stranger") as (honest, stranger):
        sad = honest.body()
        raw = remade(sad)
        said = json.loads(raw)["d"]
        _, (forged, _) = stranger.issue(sad, ri=stranger.regk)
        triple = b"-IAB" + said.encode() + b"0AAAAAAAAAAAAAAAAAAAAAAA" + json.loads(forged[: forged.index(b"-VAS")])["d"].encode()
        base = [*honest.log, *honest.tel, *stranger.log, *stranger.tel]
        valid, told, report = judged(b"".join([*base, forged, raw + triple]))
        assert valid is False and "No event that issues it" in told and any("not needed" in each for each in report["remarks"])
        _, (issuance, credential) = honest.issue(sad)
        revocation = stranger.revoke(said, issuance, ri=stranger.regk)
        base = [*honest.log, *honest.tel, *stranger.log, *stranger.tel, issuance, revocation, credential]
        valid, told, report = judged(b"".join(base))
        assert valid is True, told


def test_what_the_issuers_log_revokes_is_revoked_though_the_event_is_left_out() -> None:
    with issuers("issuer") as (issuer,):
        said, (issuance, credential) = issuer.issue(issuer.body())
        assert judged(b"".join([*issuer.log, *issuer.tel, issuance, credential]))[0] is True
        revocation = issuer.revoke(said, issuance)
        valid, told, report = judged(b"".join([*issuer.log, *issuer.tel, issuance, credential]))
        assert valid is False and "Revoked: event 3" in told and report["credentials"][0]["state"] == "revoked"
        valid, told, _ = judged(b"".join([*issuer.log, *issuer.tel, issuance, revocation, credential]))
        assert valid is False and "Revoked on 2026-11-02" in told


def edged(issuer: Issuer, far: str, near: Callable[[str], Any], attributes: Any = None) -> bytes:
    """A stream with a far credential and one with the edges that `near` makes of its SAID."""
    said, one = issuer.issue(issuer.body(attributes or {"d": "", "dt": DATED, "name": far}))
    _, two = issuer.issue(issuer.body(schema=loose().said, e=near(said)))
    return b"".join([*issuer.log, *issuer.tel, *one, *two])


EDGES: dict[str, tuple[Callable[[str], Any], str]] = {
    "plain": (lambda n: {"d": "", "one": {"n": n, "s": TRIAL["$id"]}}, ""),
    "NI2I": (lambda n: {"d": "", "one": {"n": n, "o": "NI2I"}}, ""),
    "list of blocks": (lambda n: [{"one": {"n": n}}, {"two": {"n": n, "o": "NI2I"}}], ""),
    "AND": (lambda n: {"d": "", "o": "AND", "one": {"n": n}}, ""),
    "I2I to nobody": (lambda n: {"d": "", "one": {"n": n, "o": "I2I"}}, "I2I asks"),
    "NOT": (lambda n: {"d": "", "one": {"n": n, "o": "NOT"}}, "'NOT'"),
    "lower case": (lambda n: {"d": "", "one": {"n": n, "o": "ni2i"}}, "'ni2i'"),
    "operators": (lambda n: {"d": "", "one": {"n": n, "o": ["NI2I", "NOT"]}}, "a list"),
    "operator null": (lambda n: {"d": "", "one": {"n": n, "o": 5}}, "a number"),
    "OR over all": (lambda n: {"d": "", "o": "OR", "one": {"n": n}}, "'OR'"),
    "group": (lambda n: {"d": "", "group": {"d": "", "o": "OR", "one": {"n": n}}}, "a group of edges"),
    "a list of nodes": (lambda n: {"d": "", "one": [{"n": n}]}, "a list"),
    "n is a number": (lambda n: {"d": "", "one": {"n": 5}}, "`n`"),
    "n is an object": (lambda n: {"d": "", "one": {"n": {"d": n}}}, "`n`"),
    "n is empty": (lambda n: {"d": "", "one": {"n": ""}}, "`n`"),
    "n is nothing": (lambda n: {"d": "", "one": {"n": "E" + "A" * 43}}, "is not in the file"),
    "s is an object": (lambda n: {"d": "", "one": {"n": n, "s": TRIAL}}, "`s`"),
    "s is another": (lambda n: {"d": "", "one": {"n": n, "s": "E" + "A" * 43}}, "is of the schema"),
    "d is a number": (lambda n: {"d": 5, "one": {"n": n}}, "SAID"),
    "e is a number": (lambda n: 5, "where a list belongs"),
    "e is a list of texts": (lambda n: [n], "an object belongs"),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges(name: str) -> None:
    near, words = EDGES[name]
    with issuers("issuer") as (issuer,):
        valid, told, _ = judged(edged(issuer, "far", near), loose())
        assert valid is (not words) and words in told, told


def test_an_edge_by_i2i_wants_its_issuer_as_holder() -> None:
    with issuers("issuer") as (issuer,):
        for holder, right in ((issuer.hab.pre, True), ("E" + "A" * 43, False)):
            given = {"d": "", "i": holder, "dt": DATED, "name": "far"}
            for operator in ({}, {"o": "I2I"}):
                valid, told, _ = judged(edged(issuer, "far", lambda n, o=operator: {"d": "", "one": {"n": n, **o}}, given), loose())
                assert valid is right and (right or "I2I asks" in told), told


# -- types and dates --------------------------------------------------------------------------------------------------------

VALUES: tuple[Any, ...] = (5, 5.5, True, None, [], {}, [1], {"a": 1}, "", "x", "E" * 44, "\u0000", "𝔘" * 50, -1)
FITTING = {"a": ["E" * 44, {}], "ri": ["E" * 44], "s": ["E" * 44], "i": ["E" * 44], "u": ["x", "E" * 44], "e": [{}, [], {"a": 1}, "E" * 44],
           "r": [{}, [], [1], {"a": 1}, "", "x", "E" * 44, "\u0000", "𝔘" * 50]}  # fmt: skip
"""Of those, what is of the right shape: it is judged further, and refused for that nobody has issued it."""


@pytest.mark.parametrize("name", ["d", "u", "i", "ri", "s", "a", "e", "r", "A", "t"])
def test_a_credential_with_a_wrong_type_is_told_so(name: str) -> None:
    with issuers("issuer") as (issuer,):
        base = [*issuer.log, *issuer.tel]
        for value in VALUES:
            sad = issuer.body()
            sad = {key: {**sad, name: value}[key] for key in FIELDS if key in sad or key == name}
            try:
                raw = remade(sad)
            except (TypeError, ValueError):
                continue
            if name == "d":
                raw = raw.replace(json.loads(raw)["d"].encode(), b"5" * 44)
            valid, told, _ = judged(b"".join([*base, raw]))
            assert valid is False and told, (name, value)
            fits = any(type(value) is type(each) and value == each for each in FITTING.get(name, []))
            if name not in ("d", "A", "t") and not fits and not (name == "a" and isinstance(value, dict)):
                assert f"`{name}`" in told or f"{name!r}" in told, (name, value, told)


@pytest.mark.parametrize("ilk", ["vcp", "iss", "rev"])
def test_a_transaction_event_with_a_wrong_type_is_told_so(ilk: str) -> None:
    with issuers("issuer") as (issuer,):
        from keri.core import serdering

        said, (issuance, credential) = issuer.issue(issuer.body())
        revocation = issuer.revoke(said, issuance)
        original = {"vcp": issuer.tel[0], "iss": issuance, "rev": revocation}[ilk]
        sad = json.loads(original[: original.index(b"-VAS")])
        rest = [each for each in (*issuer.tel, issuance, revocation, credential) if each != original]
        for name in sad:
            if name in ("v", "t", "d") or (ilk == "vcp" and name == "i"):
                continue
            for value in VALUES[:6] + VALUES[9:10]:
                event = serdering.SerderKERI(raw=remade({**sad, name: value}), verify=False)
                if type(value) is type(sad[name]) and (name, value) in (("b", []), ("c", []), ("n", "x")):
                    continue
                couple = original[original.index(b"-GAB") + 4 :]
                valid, told, _ = judged(b"".join([*issuer.log, *rest, sealed(event, couple)]))
                assert valid is False and f"`{name}`" in told, (ilk, name, value, told)


@pytest.mark.parametrize(
    ("dt", "words"),
    [
        ("2026-13-01T10:00:00.000000+00:00", "no date"), ("yesterday", "no date"), ("", "no date"),
        ("2026-11-01T10:00:00.000000", "without its zone"), ("2026-11-01", "without its zone"), (1793527200, "a number"),
        ("2026-02-30T00:00:00+00:00", "no date"), ("2026-11-01T25:00:00+00:00", "no date"), ("+2026-11-01T10:00:00Z", "no date"),
        ("2026-11-01T10:00:00Z", ""), ("2026-11-01T10:00:00.123456+05:45", ""), ("0001-01-01T00:00:00+00:00", "keripy"),
        ("2999-01-01T00:00:00.000000+00:00", ""),
    ],
)  # fmt: skip
def test_dates(dt: Any, words: str) -> None:
    with issuers("issuer") as (issuer,):
        _, made = issuer.issue(issuer.body(), dt=dt)
        valid, told, report = judged(b"".join([*issuer.log, *issuer.tel, *made]))
        assert valid is (not words) and words in told, told
        if str(dt).startswith("2999"):
            (state,) = (each for each in report["credentials"][0]["checks"] if each["name"] == "State")
            assert "clock" in state["detail"]
        if words == "keripy":
            return
        _, made = issuer.issue(issuer.body({"d": "", "dt": dt, "name": "B"}))
        valid, told, _ = judged(b"".join([*issuer.log, *issuer.tel, *made]))
        right = not words or words == "without its zone"  # of the attributes keripy asks no zone
        assert valid is right and (right or "`a.dt`" in told), told


def test_the_seal_must_name_the_issuance_or_its_anchor() -> None:
    with issuers("issuer") as (issuer,):
        said, (issuance, credential) = issuer.issue(issuer.body())
        other, _ = issuer.issue(issuer.body({"d": "", "dt": DATED, "name": "B"}))
        body, seal = credential[: credential.index(b"-IAB")], credential[credential.index(b"-IAB") :]
        couple = issuance[issuance.index(b"-GAB") + 4 :]
        base = [*issuer.log, *issuer.tel, issuance]
        for attached, right in (
            (seal, True),
            (b"-IAB" + issuer.hab.pre.encode() + couple, True),
            (b"", False),
            (seal.replace(said.encode(), other.encode()), False),
            (seal.replace(b"0AAAAAAAAAAAAAAAAAAAAAAA", b"0AAAAAAAAAAAAAAAAAAAAAAB"), False),
            (b"-IAB" + said.encode() + couple, False),
        ):
            valid, told, _ = judged(b"".join([*base, body + attached]))
            assert valid is right and (right or "seal" in told.lower()), told


@pytest.mark.parametrize("kind", ["CBOR", "MGPK"])
def test_other_serialisations_are_read_and_not_taken_for_json(kind: str) -> None:
    with issuers("issuer") as (issuer,):
        _, made = issuer.issue(issuer.body(), kind=kind)
        valid, told, _ = judged(b"".join([*issuer.log, *issuer.tel, *made]))
        assert valid is False and "in JSON only" in told, told


def test_every_transaction_event_of_keripy_has_its_table() -> None:
    from keri.core import serdering
    from keri.kering import Protocols, Vrsn_1_0

    fields = serdering.SerderKERI.Fields[Protocols.keri][Vrsn_1_0]
    for ilk, table in shapes.TRANSACTIONS.items():
        assert set(table) == set(fields[ilk].alls), ilk
    assert set(shapes.CREDENTIAL) == set(serdering.SerderACDC.Fields[Protocols.acdc][Vrsn_1_0][None].alls)


def test_numbers_by_form_are_as_json_writes_them() -> None:
    """Case 35."""
    from keriwasm.web.form.errors import FieldError
    from slicekit import of_form

    sed = {**schemas.SAMPLES["course"], "properties": {"a": {"properties": {"n": {"type": "number"}}}}}
    for text, value in (("2", 2), ("-2", -2), ("2.0", 2.0), ("0.5", 0.5), ("1e3", 1000.0), (" 7 ", 7)):
        got = schemas.filled(of_form(f"a-n={text}"), sed)["n"]
        assert got == value and type(got) is type(value), text
    for text in ("1_000", "%D9%A1%D9%A2", "0x10", "1e400", "nan", "inf", "1,5", "1 000", "9007199254740993", "0.1000000000000000055"):
        with pytest.raises(FieldError) as caught:
            schemas.filled(of_form(f"a-n={text}"), sed)
        assert caught.value.field == "a-n" and ("number" in caught.value.reason or "JSON" in caught.value.reason)


def test_what_a_schema_cannot_judge_is_its_fault() -> None:
    """Case 08 where such a schema is here already: it was taken in before references were looked at."""
    from keriwasm.web.form.errors import FieldError

    sed = json.loads((CASES / "08-ref-to-nowhere-schema.json").read_text())
    with pytest.raises(FieldError) as caught:
        schemas.judge(sed, {"v": "", "d": "", "i": "", "s": "", "a": {"dt": DATED, "x": 1}})
    assert caught.value.field == "schema"
    from keri.core import scheming

    schemer = scheming.Schemer(raw=json.dumps(sed, separators=(",", ":")).encode())
    valid, told, _ = judged((CASES / "08-ref-to-nowhere.cesr").read_bytes(), schemer)
    assert valid is False and "does not fit the schema" in told, told


def refusals() -> dict[str, tuple[bytes, str]]:
    """Name -> what is no stream at all, or one that is damaged, and words of the reason."""
    data = good()
    each = parts(data)
    body = each[-1][: each[-1].index(b"-IAB")]
    return {
        "nothing": (b"", "no credential that can be read"),
        "white space": (b" \r\n\t", "no credential that can be read"),
        "a word": (b"nothing", "at byte 0 that begin no message"),
        "UTF-16 with a mark": (data.decode().encode("utf-16"), "UTF-16"),
        "UTF-16, big end first": (data.decode().encode("utf-16-be"), "UTF-16"),
        "UTF-32": (data.decode().encode("utf-32"), "UTF-32"),
        "gzip": (b"\x1f\x8b\x08" + data, "gzip"),
        "ZIP": (b"PK\x03\x04" + data, "ZIP"),
        "printed prettily": (json.dumps(json.loads(body), indent=2).encode(), "printed anew"),
        "printed with spaces": (json.dumps(json.loads(body)).encode(), "printed anew"),
        "another object": (b'{"id":"did:webs:x"}', "version string of KERI or ACDC"),
        "attachments first": (b"-AABAAAA" + data, "attachments at byte 0"),
        "damage between": (each[0] + b"@@" + b"".join(each[1:]), f"bytes at byte {len(each[0])}, behind message 1"),
        "damage at the end": (data + b"@", "behind message 6"),
        "version 2": (data.replace(b"ACDC10JSON000152_", b"ACDCCAACAAJSONAAFS."), "version 2"),
        "attachments in binary": (each[0][: each[0].index(b"}-") + 1] + b"\xe0\x00\x01" + b"".join(each[1:]), "in binary"),
        "a size too small": (data.replace(b"ACDC10JSON000152_", b"ACDC10JSON000005_"), "fewer than its own beginning"),
        "a size too large": (data.replace(b"ACDC10JSON000152_", b"ACDC10JSON00ffff_"), "ends within message 6"),
        "a number too large": (data.replace(b'"name":"A"', b'"name":1e400').replace(b"000152_", b"000154_"), "/a/name"),
        "half of a pair": (data.replace(b'"name":"A"', b'"name":"\\ud83d"').replace(b"000152_", b"000157_"), "/a/name"),
        "a name twice": (data.replace(b'"name":"A"', b'"dt":"A"').replace(b"000152_", b"000150_"), "twice"),
        "not UTF-8": (data.replace(b'"name":"A"', b'"name":"\xff"'), "UTF-8"),
        "too deep": (data.replace(b'"name":"A"', b'"name":' + b"[" * 99 + b"]" * 99).replace(b"000152_", b"000215_"), "too deep"),
    }


def test_what_is_no_stream_is_told_with_its_place() -> None:
    for name, (data, words) in refusals().items():
        valid, told, _ = judged(data)
        assert valid is None and words in told, (name, told)


def test_a_cut_anywhere_is_never_valid_and_always_told() -> None:
    """Case 05: at every place of the last message, and between the messages."""
    data = good()
    each = parts(data)
    ends = [len(b"".join(each[:n])) for n in range(1, len(each))]
    for left in [*ends, *range(ends[-1] + 1, len(data), 7)]:
        valid, told, _ = judged(data[:left])
        assert valid is not True and told, left
        body = ends[-1] + each[-1].index(b"-IAB")
        if left not in (*ends, body):
            assert f"ends within message 6 at byte {left}" in told, (left, told)
