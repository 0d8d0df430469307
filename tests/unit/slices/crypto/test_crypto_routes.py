"""The crypto slice's routes in a worker on CPython: shapes, pages, flows, and what each does with bad input."""

from __future__ import annotations

import asyncio
import json
import os

import nacl.public
import nacl.signing
import pytest
from keriwasm.data.encoding import b64u
from keriwasm.web.form.fields import unb64u
from slicekit import HTML, JSON, Page, form, get, post, problem
from workerkit import run, running

SLICES = {"crypto": {}}
PAGES = [
    "/app/crypto", "/app/crypto/hash", "/app/crypto/hash-many", "/app/crypto/ed25519", "/app/crypto/box",
    "/app/crypto/xchacha", "/app/crypto/argon2id",
]  # fmt: skip
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)><hx-get>\"'&"


def decoded(text: str) -> bytes:
    return unb64u(text, "test")


# -- pages ------------------------------------------------------------------------------------------------------


@run
async def test_pages_and_panel_keep_the_rules():
    async with running(slices=SLICES) as kit:
        for path in [*PAGES, "/app/crypto/panel"]:
            answer = await get(kit, path)
            assert answer.status == 200, path
            page = Page(answer.text)
            assert not page.problems, (path, page.problems)
            if path.endswith("/panel"):
                assert "<title" not in answer.text and page.all("section", id="panel-crypto")
            else:
                assert answer.text.startswith("<title>") and len(page.all("h1")) == 1
                assert answer.headers["x-title"]
            told = await get(kit, path, accept=JSON)
            assert isinstance(told.json, dict)
        assert not kit.faults()


@run
async def test_the_hash_page_takes_its_algorithm_from_the_link():
    async with running(slices=SLICES) as kit:
        page = Page((await get(kit, "/app/crypto/hash?algorithm=sha3_512")).text)
        assert [each["value"] for each in page.all("option") if "selected" in each] == ["sha3_512"] * 2
        hostile = await get(kit, f"/app/crypto/hash?algorithm={SCRIPT.replace(' ', '%20').replace('&', '%26')}")
        assert hostile.status == 200 and "<script" not in hostile.text


# -- Ed25519, box, XChaCha20-Poly1305 ---------------------------------------------------------------------------


@run
async def test_ed25519_round_by_json():
    async with running(slices=SLICES) as kit:
        pair = (await post(kit, "/app/crypto/ed25519/keypair")).json
        assert (
            set(pair) == {"public", "secret"}
            and len(decoded(pair["public"])) == 32
            and len(decoded(pair["secret"])) == 64
        )
        signed = (await post(kit, "/app/crypto/ed25519/sign", secret=pair["secret"], text="m")).json
        assert set(signed) == {"signature"}
        seed = (await post(kit, "/app/crypto/ed25519/sign", secret=decoded(pair["secret"])[:32], data=b"m")).json
        assert seed == signed
        nacl.signing.VerifyKey(decoded(pair["public"])).verify(b"m", decoded(signed["signature"]))
        check = {"public": pair["public"], "signature": signed["signature"]}
        assert (await post(kit, "/app/crypto/ed25519/verify", **check, text="m")).json == {"valid": True}
        assert (await post(kit, "/app/crypto/ed25519/verify", **check, text="n")).json == {"valid": False}


@run
async def test_ed25519_flow_of_the_page():
    """The key pair's answer fills the forms; so does the signature's: no copying between the steps."""
    async with running(slices=SLICES) as kit:
        made = Page((await form(kit, "/app/crypto/ed25519/keypair")).text)
        assert not made.problems
        assert {each["id"] for _, each in made.elements if "hx-swap-oob" in each} == {
            "ed25519-sign-slot",
            "ed25519-verify-slot",
        }
        secret = field_value(made, "ed25519-sign-secret")
        public = field_value(made, "ed25519-verify-public")
        signed = Page((await form(kit, "/app/crypto/ed25519/sign", secret=secret, text="line\r\nline", data="")).text)
        assert not signed.problems
        signature = field_value(signed, "ed25519-verify-signature")
        assert field_value(signed, "ed25519-verify-public") == public
        assert field_value(signed, "ed25519-verify-text") == "line\nline"
        verified = await form(
            kit, "/app/crypto/ed25519/verify", public=public, signature=signature, text="line\r\nline", data=""
        )
        assert "is valid" in Page(verified.text).text
        wrong = await form(kit, "/app/crypto/ed25519/verify", public=public, signature=signature, text="other", data="")
        assert wrong.status == 200 and "not valid" in Page(wrong.text).text


def field_value(page: Page, id: str) -> str:
    """What a filled text area holds: its text is found by its place among the text areas."""
    return page.areas[id]


@run
async def test_box_round_by_json():
    async with running(slices=SLICES) as kit:
        pair = (await post(kit, "/app/crypto/box/keypair")).json
        sealed = (await post(kit, "/app/crypto/box/seal", public=pair["public"], text="Grüße")).json
        assert set(sealed) == {"sealed"}
        opened = nacl.public.SealedBox(nacl.public.PrivateKey(decoded(pair["secret"]))).decrypt(
            decoded(sealed["sealed"])
        )
        assert opened.decode() == "Grüße"
        mine = (await post(kit, "/app/crypto/box/open", **pair, **sealed)).json
        assert mine == {"data": b64u(opened), "text": "Grüße", "bytes": 7}
        binary = (await post(kit, "/app/crypto/box/seal", public=pair["public"], data=b"\xff\x00")).json
        assert (await post(kit, "/app/crypto/box/open", **pair, **binary)).json["text"] is None
        other = (await post(kit, "/app/crypto/box/keypair")).json
        told = problem(await post(kit, "/app/crypto/box/open", **other, **sealed), 422, "sealed")
        assert "another key pair" in told["reason"]
        problem(await post(kit, "/app/crypto/box/open", **pair, sealed="AAAA"), 422, "sealed")
        problem(await post(kit, "/app/crypto/box/seal", public=bytes(32), text="m"), 422, "public")


@run
async def test_box_flow_of_the_page():
    async with running(slices=SLICES) as kit:
        made = Page((await form(kit, "/app/crypto/box/keypair")).text)
        keys = {name: field_value(made, f"box-open-{name}") for name in ("public", "secret")}
        sealed = Page(
            (await form(kit, "/app/crypto/box/seal", public=field_value(made, "box-seal-public"), text=SCRIPT)).text
        )
        assert not made.problems and not sealed.problems
        opened = await form(kit, "/app/crypto/box/open", **keys, sealed=field_value(sealed, "box-open-sealed"))
        page = Page(opened.text)
        assert not page.problems and SCRIPT in page.text


@run
async def test_xchacha_round():
    async with running(slices=SLICES) as kit:
        key = (await post(kit, "/app/crypto/xchacha/key")).json["key"]
        made = (await post(kit, "/app/crypto/xchacha/encrypt", key=key, text="m", aad="about")).json
        assert set(made) == {"key", "nonce", "ciphertext"} and made["key"] == key
        opened = await post(kit, "/app/crypto/xchacha/decrypt", **made, aad="about")
        assert opened.json == {"data": "bQ", "text": "m", "bytes": 1}
        told = problem(await post(kit, "/app/crypto/xchacha/decrypt", **made), 422, "ciphertext")
        assert "authenticate" in told["reason"]
        fresh = (await post(kit, "/app/crypto/xchacha/encrypt", text="m")).json
        assert len(decoded(fresh["key"])) == 32 and fresh["key"] != key
        page = Page((await form(kit, "/app/crypto/xchacha/encrypt", key="", text="m", data="", aad="x")).text)
        assert not page.problems and field_value(page, "xchacha-decrypt-ciphertext")


LENGTHS = [
    ("/app/crypto/ed25519/sign", {"text": "m"}, "secret", (32, 64)),
    ("/app/crypto/ed25519/verify", {"text": "m", "signature": bytes(64)}, "public", (32,)),
    ("/app/crypto/ed25519/verify", {"text": "m", "public": bytes(32)}, "signature", (64,)),
    ("/app/crypto/box/seal", {"text": "m"}, "public", (32,)),
    ("/app/crypto/box/open", {"secret": bytes(32), "sealed": bytes(64)}, "public", (32,)),
    ("/app/crypto/box/open", {"public": bytes(32), "sealed": bytes(64)}, "secret", (32,)),
    ("/app/crypto/xchacha/encrypt", {"text": "m"}, "key", (32,)),
    ("/app/crypto/xchacha/decrypt", {"nonce": bytes(24), "ciphertext": bytes(40)}, "key", (32,)),
    ("/app/crypto/xchacha/decrypt", {"key": bytes(32), "ciphertext": bytes(40)}, "nonce", (24,)),
]


@pytest.mark.parametrize(
    ("path", "others", "field", "lengths"), LENGTHS, ids=[f"{p[12:]}-{f}" for p, _, f, _ in LENGTHS]
)
def test_wrong_lengths_name_the_field_and_both_lengths(path, others, field, lengths):
    @run
    async def check():
        async with running(slices=SLICES) as kit:
            for wrong in (1, 31, 33, 65, 5000):
                told = problem(await post(kit, path, **{field: os.urandom(wrong)}, **others), 422, field)
                assert str(wrong) in told["reason"] and all(str(length) in told["reason"] for length in lengths)
            for senseless in ("***", "AA==", "A", 5, ["AA"], {"a": 1}, True):
                problem(await post(kit, path, **{field: senseless}, **others), 422, field)
            problem(await post(kit, path, **{field: "A" * (90 << 20)}, **others), 413)
            if field != "key" or "nonce" in others:
                problem(await post(kit, path, **others), 422, field)
            shown = await form(kit, path, **{field: SCRIPT}, **others)
            assert shown.status == 422 and field in shown.text and not Page(shown.text).problems
            assert "<script>" not in shown.text and "<hx-get>" not in shown.text
            assert not kit.faults()

    check()


@run
async def test_an_ed25519_secret_that_is_none_is_refused():
    async with running(slices=SLICES) as kit:
        told = problem(await post(kit, "/app/crypto/ed25519/sign", secret=bytes(64), text="m"), 422, "secret")
        assert "no Ed25519 secret key" in told["reason"]


# -- Argon2id ---------------------------------------------------------------------------------------------------


@run
async def test_argon2id():
    async with running(slices=SLICES) as kit:
        path = "/app/crypto/argon2id"
        made = (await post(kit, path, password="pass", salt=bytes(16), ops=1, memory_bytes=8192)).json
        assert {"hash", "salt", "ops", "memory_bytes", "ms"} == set(made)
        assert (made["ops"], made["memory_bytes"], made["salt"]) == (1, 8192, b64u(bytes(16))) and made["ms"] >= 0
        again = (await post(kit, path, password="pass", salt=made["salt"], ops=1, memory_bytes=8192)).json
        assert again["hash"] == made["hash"]
        tier = (await post(kit, path, password="pass", tier="interactive")).json
        assert (tier["ops"], tier["memory_bytes"]) == (2, 64 << 20) and len(decoded(tier["salt"])) == 16
        shown = await form(kit, path, password="pass", tier="interactive", salt="", ops="", memory_bytes="")
        assert shown.status == 200 and not Page(shown.text).problems
        problem(await post(kit, path, tier="interactive"), 422, "password")
        problem(await post(kit, path, password="p"), 422, "tier")
        problem(await post(kit, path, password="p", tier="enormous"), 422, "tier")
        problem(await post(kit, path, password="p", ops=1), 422, "memory_bytes")
        problem(await post(kit, path, password="p", memory_bytes=8192), 422, "ops")
        problem(await post(kit, path, password="p", ops=0, memory_bytes=8192), 422, "ops")
        problem(await post(kit, path, password="p", ops=1, memory_bytes=1 << 40), 422, "memory_bytes")
        problem(await post(kit, path, password="p", salt=bytes(15), tier="interactive"), 422, "salt")
        problem(await post(kit, path, password="p" * 5000, tier="interactive"), 413, "password")
        told = problem(await post(kit, path, password="p", ops=64, memory_bytes=1 << 30), 422, "ops")
        assert "about" in told["reason"]


# -- all of it --------------------------------------------------------------------------------------------------

POSTS = [
    "/app/crypto/hash", "/app/crypto/hash-many", "/app/crypto/hash-batch", "/app/crypto/ed25519/sign",
    "/app/crypto/ed25519/verify", "/app/crypto/box/seal", "/app/crypto/box/open", "/app/crypto/xchacha/encrypt",
    "/app/crypto/xchacha/decrypt", "/app/crypto/argon2id",
]  # fmt: skip


@run
async def test_every_post_survives_any_body():
    async with running(slices=SLICES) as kit:
        for path in POSTS:
            for kind, body, statuses in (
                (JSON, b"", {422, 400}),
                (JSON, b"{", {400}),
                (JSON, b"[]", {422}),
                (JSON, b"\xff\xfe", {400}),
                (JSON, b"[" * 100_000, {400}),
                (JSON, b'{"text": NaN}', {422}),
                ("application/x-www-form-urlencoded", os.urandom(2000), {422, 413}),
                ("multipart/form-data; boundary=x", os.urandom(2000), {400}),
                ("multipart/form-data", b"x", {400}),
                ("application/octet-stream", os.urandom(2000), {415}),
                ("text/html", SCRIPT.encode(), {415}),
            ):
                for accept in (JSON, HTML):
                    answer = await kit.ask("POST", path, body=body, accept=accept, headers={"content-type": kind})
                    assert answer.status in statuses, (path, kind, body[:20], answer.status, answer.text[:300])
                    if accept == HTML:
                        assert not Page(answer.text).problems and "<script" not in answer.text
            assert (await kit.ask("DELETE", path)).status == 405
        assert not kit.faults()


@run
async def test_secrets_never_reach_the_log_or_the_headers():
    async with running(slices=SLICES) as kit:
        pair = (await post(kit, "/app/crypto/ed25519/keypair")).json
        await post(kit, "/app/crypto/ed25519/sign", secret=pair["secret"], text="m")
        await post(kit, "/app/crypto/ed25519/sign", secret=pair["secret"] + "A", text="m")
        for message, _ in kit.host.posted:
            assert pair["secret"] not in json.dumps(message), message["type"]


@run
async def test_libraries_are_loaded_in_the_background(monkeypatch):
    from slices.crypto import loading

    loaded = []

    def blake3_missing():
        raise ImportError("no blake3 here")

    monkeypatch.setattr(loading, "LATER", 0.01)
    monkeypatch.setattr(loading, "PAUSE", 0.0)
    monkeypatch.setattr(loading.native, "blake3", blake3_missing)
    monkeypatch.setattr(loading.native, "pysodium", lambda: loaded.append("pysodium"))
    async with running(slices=SLICES) as kit:
        fault, _ = await kit.host.wait("worker:fault")
        assert not fault["fatal"] and "no blake3 here" in fault["error"]["message"]
        assert (await get(kit, "/app/crypto")).status == 200
        for _ in range(100):
            if loaded:
                break
            await asyncio.sleep(0.02)
    assert loaded == ["pysodium"]
