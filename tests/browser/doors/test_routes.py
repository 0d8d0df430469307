"""Crypto and post-quantum routes in the real page, against independent implementations, and with bad input."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator

import blake3
import nacl.bindings
import nacl.exceptions
import pytest
from conftest import FETCH, ROOT, Chromium, Watched, wait_ready
from playwright.sync_api import Page


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unb64(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@pytest.fixture(scope="module")
def page(browser: Chromium, app_url: str) -> Iterator[Page]:
    """One booted page for all of this file; the tests below only ask."""
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    watched = Watched(page)
    watched.allow("Failed to load resource")  # the browser's own line for each 4xx that the tests provoke
    page.goto(f"{app_url}?workers=2")
    wait_ready(page)
    yield page
    problems = watched.unexpected()
    context.close()
    assert not problems, problems


def post(page: Page, path: str, status: int = 200, **json: object) -> dict:
    answer = page.evaluate(FETCH, {"path": path, "method": "POST", "json": json, "headers": {"accept": "application/json"}})
    assert answer["status"] == status, (path, answer["status"], answer["text"][:400])
    return answer["json"]


DIGESTS = {
    "blake3": lambda data: blake3.blake3(data).hexdigest(),
    "blake2b": lambda data: hashlib.blake2b(data).hexdigest(),
    **{name: (lambda data, name=name: hashlib.new(name, data).hexdigest())
       for name in ("sha224", "sha256", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_384", "sha3_512")},
}  # fmt: skip


@pytest.mark.parametrize("algorithm", DIGESTS)
def test_hash(page: Page, algorithm: str) -> None:
    for size in (0, 1, 63, 64, 65, 1023, 1024, 1025, 100_000):
        data = os.urandom(size)
        answer = post(page, "app/crypto/hash", algorithm=algorithm, data=b64(data))
        assert answer == {"algorithm": algorithm, "digest_hex": DIGESTS[algorithm](data), "bytes": size}
    text = "Grüße, мир, 世界 🔑"
    assert post(page, "app/crypto/hash", algorithm=algorithm, text=text)["digest_hex"] == DIGESTS[algorithm](text.encode())


def test_hash_of_a_file(page: Page) -> None:
    """A form with a file, as a drop sends it."""
    answer = page.evaluate("""async () => {
      const form = new FormData();
      form.append('algorithm', 'sha256');
      form.append('file', new File([new Uint8Array(3_000_000).fill(7)], 'sevens.bin'));
      const response = await fetch(new URL('app/crypto/hash', document.baseURI),
        {method: 'POST', body: form, headers: {accept: 'application/json'}});
      return response.json();
    }""")
    assert answer["digest_hex"] == hashlib.sha256(b"\x07" * 3_000_000).hexdigest()
    assert answer["bytes"] == 3_000_000


def test_hash_many_is_spread(page: Page) -> None:
    items = [(f"item {n}", os.urandom(2000 + n)) for n in range(100)]
    answer = post(page, "app/crypto/hash-many", algorithm="blake3",
                  items=[{"name": name, "data": b64(data)} for name, data in items])  # fmt: skip
    assert answer["digests"] == [{"name": name, "digest_hex": blake3.blake3(data).hexdigest()} for name, data in items]
    assert sorted(answer["workers"]) == ["w1", "w2"]


def test_ed25519(page: Page) -> None:
    for size in (0, 1, 1000):
        pair = post(page, "app/crypto/ed25519/keypair")
        public, secret, message = unb64(pair["public"]), unb64(pair["secret"]), os.urandom(size)
        signature = post(page, "app/crypto/ed25519/sign", secret=pair["secret"], data=b64(message))["signature"]
        assert nacl.bindings.crypto_sign_open(unb64(signature) + message, public) == message
        ours = nacl.bindings.crypto_sign(message, secret)[:64]
        assert ours == unb64(signature)
        assert post(page, "app/crypto/ed25519/verify", public=pair["public"], signature=b64(ours), data=b64(message)) == {"valid": True}
        wrong = bytes([ours[0] ^ 1]) + ours[1:]
        assert post(page, "app/crypto/ed25519/verify", public=pair["public"], signature=b64(wrong), data=b64(message)) == {"valid": False}


def test_sealed_box(page: Page) -> None:
    pair = post(page, "app/crypto/box/keypair")
    public, secret, message = unb64(pair["public"]), unb64(pair["secret"]), os.urandom(333)
    sealed = post(page, "app/crypto/box/seal", public=pair["public"], data=b64(message))["sealed"]
    assert nacl.bindings.crypto_box_seal_open(unb64(sealed), public, secret) == message
    theirs = nacl.bindings.crypto_box_seal(message, public)
    opened = post(page, "app/crypto/box/open", public=pair["public"], secret=pair["secret"], sealed=b64(theirs))
    assert b64(message) in opened.values()
    post(page, "app/crypto/box/open", 422, public=pair["public"], secret=pair["secret"], sealed=b64(b"\x01" * 81))


@pytest.mark.parametrize("alg", ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"])
def test_kem(page: Page, alg: str) -> None:
    pair = post(page, f"app/pq/kem/{alg}/keypair")
    sent = post(page, f"app/pq/kem/{alg}/encaps", public=pair["public"])
    assert post(page, f"app/pq/kem/{alg}/decaps", secret=pair["secret"], ciphertext=sent["ciphertext"]) == {"shared": sent["shared"]}
    again = post(page, f"app/pq/kem/{alg}/encaps", public=pair["public"])
    assert again["shared"] != sent["shared"]


@pytest.mark.parametrize("alg", ["ML-DSA-44", "ML-DSA-65", "Falcon-512", "SLH_DSA_PURE_SHA2_128F"])
def test_signature(page: Page, alg: str) -> None:
    listed = {entry["name"] for entry in page.evaluate(FETCH, {"path": "app/pq"})["json"]["signatures"]}
    assert alg in listed, sorted(listed)[:20]
    pair = post(page, f"app/pq/sig/{alg}/keypair")
    signature = post(page, f"app/pq/sig/{alg}/sign", secret=pair["secret"], text="signed")["signature"]
    right = {"public": pair["public"], "signature": signature}
    assert post(page, f"app/pq/sig/{alg}/verify", text="signed", **right) == {"valid": True}
    assert post(page, f"app/pq/sig/{alg}/verify", text="forged", **right) == {"valid": False}


POSTS = {
    "app/crypto/hash": {"algorithm": "sha256", "text": "x"},
    "app/crypto/hash-many": {"algorithm": "sha256", "items": [{"name": "a", "data": "AA"}]},
    "app/crypto/ed25519/sign": {"secret": b64(bytes(64)), "text": "x"},
    "app/crypto/ed25519/verify": {"public": b64(bytes(32)), "signature": b64(bytes(64)), "text": "x"},
    "app/crypto/box/seal": {"public": b64(b"\x09" + bytes(31)), "text": "x"},
    "app/crypto/box/open": {"public": b64(bytes(32)), "secret": b64(bytes(32)), "sealed": b64(bytes(80))},
    "app/pq/kem/ML-KEM-768/encaps": {"public": b64(bytes(1184))},
    "app/pq/kem/ML-KEM-768/decaps": {"secret": b64(bytes(2400)), "ciphertext": b64(bytes(1088))},
    "app/pq/sig/ML-DSA-65/sign": {"secret": b64(bytes(4032)), "text": "x"},
    "app/pq/sig/ML-DSA-65/verify": {"public": b64(bytes(1952)), "signature": b64(bytes(3309)), "text": "x"},
}
SCRIPT = "<script>globalThis.hacked = true</script><img src=x onerror='globalThis.hacked = true'>"
BAD = {"missing": None, "number": 7, "list": [1], "object": {"a": 1}, "script": SCRIPT, "not base64": "%%%", "short": "AA",
       "nul": "\x00", "huge": "A" * 3_000_000}  # fmt: skip


@pytest.mark.parametrize("path", POSTS)
def test_bad_input(page: Page, path: str) -> None:
    """Every field, every kind of nonsense: a 4xx that names the field, by JSON; nothing runs in the HTML."""
    for field in POSTS[path]:
        for kind, value in BAD.items():
            if field == "text" and kind in ("script", "not base64", "short", "nul", "huge"):
                continue  # any text is a good text
            body = {name: kept for name, kept in POSTS[path].items() if name != field} | ({} if value is None else {field: value})
            answer = page.evaluate(FETCH, {"path": path, "method": "POST", "json": body, "headers": {"accept": "application/json"}})
            where = (path, field, kind, answer["status"], answer["text"][:200])
            assert 400 <= answer["status"] < 500, where
            assert answer["headers"]["content-type"].startswith("application/problem+json"), where
            assert field in str(answer["json"].get("field")) or field in answer["json"]["detail"], where
            page.evaluate("""async ({path, body}) => htmx.ajax('POST', path, {target: '#main', swap: 'innerHTML', values: body})""",
                          {"path": path, "body": {name: str(item)[:5000] for name, item in body.items()}})  # fmt: skip
            assert page.evaluate("globalThis.hacked") is None, where


@pytest.mark.parametrize("content_type, body, status", [
    ("application/json", "{", 400), ("application/json", "[1, 2]", 400), ("application/json", "\x00\x01\x02", 400),
    ("application/json", "[" * 100_000, 400), ("application/x-www-form-urlencoded", "%ff%fe=%00", 422),
    ("multipart/form-data; boundary=x", "no such part", 400), ("multipart/form-data", "x", 400),
    ("text/plain", "hello", 415), ("image/png", "hello", 415),
])  # fmt: skip
def test_garbage_bodies(page: Page, content_type: str, body: str, status: int) -> None:
    for path in ("app/crypto/hash", "app/pq/kem/ML-KEM-768/encaps"):
        answer = page.evaluate(FETCH, {"path": path, "method": "POST", "body": body,
                                       "headers": {"accept": "application/json", "content-type": content_type}})  # fmt: skip
        assert 400 <= answer["status"] < 500, (path, answer["text"][:300])
        assert answer["status"] in (status, 400, 422), (path, answer["text"][:300])


def test_methods_and_unknown_paths(page: Page) -> None:
    ask = {"headers": {"accept": "application/json"}}
    assert page.evaluate(FETCH, {"path": "app/crypto/hash", "method": "DELETE", **ask})["status"] == 405
    wrong = page.evaluate(FETCH, {"path": "app/pool/size", **ask})
    assert wrong["status"] == 405 and "POST" in wrong["headers"]["allow"]
    assert page.evaluate(FETCH, {"path": "app/%3Cscript%3E", "headers": {"accept": "text/html"}})["status"] == 404
    for alg in ("NOPE", "%3Cscript%3E", "A" * 5000):
        assert page.evaluate(FETCH, {"path": f"app/pq/kem/{alg}/keypair", "method": "POST", "json": {}})["status"] in (404, 414, 422)


def test_no_request_leaves_the_origin(page: Page) -> None:
    """All that the page ever fetched came from its own origin."""
    origin = page.evaluate("location.origin")
    assert all(name.startswith((origin, "data:", "blob:")) for name in
               page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)"))  # fmt: skip
    assert (ROOT / "serve.py").exists()
