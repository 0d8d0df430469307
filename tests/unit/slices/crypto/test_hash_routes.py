"""The crypto slice's hashing: by text, data and file, many at once, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os

import blake3
from keriwasm.data.encoding import b64u
from slicekit import HTML, JSON, Page, form, multipart, post, problem, upload
from slices.crypto import hashing
from workerkit import run, running

SLICES = {"crypto": {}}


@run
async def test_hash_by_text_data_and_file():
    async with running(slices=SLICES) as kit:
        for name in hashing.algorithms():
            message = os.urandom(300)
            digest = hashing.digest(hashing.algorithm_named(name), message).hex()
            answer = await post(kit, "/app/crypto/hash", algorithm=name, data=message)
            assert answer.status == 200
            assert answer.json == {"algorithm": name, "digest_hex": digest, "bytes": 300}
            sent = [("algorithm", name), ("text", ""), ("data", ""), ("file", ("a.bin", message))]
            uploaded = await upload(kit, "/app/crypto/hash", sent)
            assert uploaded.json == answer.json
        text = await post(kit, "/app/crypto/hash", algorithm="sha256", text="Grüße 👋")
        assert text.json["digest_hex"] == hashlib.sha256("Grüße 👋".encode()).hexdigest()
        empty = await post(kit, "/app/crypto/hash", algorithm="blake3", text="")
        assert empty.json["digest_hex"] == blake3.blake3(b"").hexdigest() and empty.json["bytes"] == 0


@run
async def test_hash_as_a_page_shows_the_digest_to_copy():
    async with running(slices=SLICES) as kit:
        answer = await form(kit, "/app/crypto/hash", algorithm="blake3", text="abc", length="16")
        page = Page(answer.text)
        assert answer.status == 200 and not page.problems
        assert blake3.blake3(b"abc").digest(length=16).hex() in page.text
        assert [each for _, each in page.elements if "data-copy" in each]
        assert not [each for _, each in page.elements if "data-timing" in each]  # that is told in the corner of the page


@run
async def test_a_large_file_gives_way_while_it_is_hashed():
    async with running(slices=SLICES) as kit:
        message = os.urandom(20 << 20)
        slow = kit.begin(
            "POST", "/app/crypto/hash?algorithm=sha3_256", body=message_body(message), headers={"content-type": JSON}
        )
        quick = await post(kit, "/app/crypto/hash", algorithm="blake3", text="abc")
        assert quick.status == 200
        assert not kit.host.of("http:reply", id=slow), "the small request waited for the large one"
        answer = await kit.answer(slow)
        assert answer.json["digest_hex"] == hashlib.sha3_256(message).hexdigest()


def message_body(message: bytes) -> bytes:
    return json.dumps({"data": b64u(message)}).encode()


@run
async def test_hash_refuses_with_the_field_and_the_reason():
    async with running(slices=SLICES) as kit:
        path = "/app/crypto/hash"
        told = problem(await post(kit, path, algorithm="md5", text="a"), 422, "algorithm")
        assert "blake3" in told["reason"]
        problem(await post(kit, path, text="a"), 422, "algorithm")
        problem(await post(kit, path, algorithm=["blake3"], text="a"), 422, "algorithm")
        problem(await post(kit, path, algorithm="blake3"), 422, "text")
        problem(await post(kit, path, algorithm="blake3", text="a", data="YQ"), 422, "data")
        problem(await post(kit, path, algorithm="blake3", text=5), 422, "text")
        problem(await post(kit, path, algorithm="blake3", data="YQ=="), 422, "data")
        problem(await post(kit, path, algorithm="blake3", data="Y"), 422, "data")
        problem(await post(kit, path, algorithm="blake3", data="a b"), 422, "data")
        told = problem(await post(kit, path, algorithm="sha256", text="a", length=16), 422, "length")
        assert "always gives 32" in told["reason"]
        problem(await post(kit, path, algorithm="blake3", text="a", length="many"), 422, "length")
        problem(await post(kit, path, algorithm="blake3", text="a", length=1e300), 422, "length")
        assert not kit.faults()


# -- hash many --------------------------------------------------------------------------------------------------


async def serve_batches(kit, id, seen):
    """Answer what a request asks of the pool, as other workers would, until its own reply is there."""
    served = set()
    while not kit.host.of("http:reply", id=id):
        for message, body in kit.host.of("http:request"):
            if message["id"] in served:
                continue
            served.add(message["id"])
            assert (message["method"], message["path"]) == ("POST", "/app/crypto/hash-batch")
            inner = await kit.ask("POST", message["path"], body=body, headers=message["headers"])
            worker = f"w{2 + len(served) % 2}"
            seen.append((worker, len(body)))
            kit.send("http:reply", inner.body, id=message["id"], status=inner.status, stream=False,
                     headers={**inner.headers, "x-worker": worker}, timings={})  # fmt: skip
        kit.host.arrived.clear()
        if not kit.host.of("http:reply", id=id):
            await kit.host.arrived.wait()
    return await kit.answer(id)


@run
async def test_hash_many_spreads_and_keeps_order():
    async with running(slices=SLICES) as kit:
        items = [(f"{index}.txt", os.urandom(index * 1000)) for index in range(40)]
        body = json.dumps(
            {"algorithm": "blake3", "items": [{"name": name, "data": b64u(data)} for name, data in items]}
        )
        id = kit.begin("POST", "/app/crypto/hash-many", body=body.encode(), headers={"content-type": JSON})
        seen = []
        answer = await serve_batches(kit, id, seen)
        assert answer.status == 200
        assert [(each["name"], each["digest_hex"]) for each in answer.json["digests"]] == [
            (name, blake3.blake3(data).hexdigest()) for name, data in items
        ]
        assert answer.json["workers"] == ["w2", "w3"]
        assert 2 <= len(seen) < 40, "batched, but not into one"


@run
async def test_hash_many_files_of_a_form():
    async with running(slices=SLICES) as kit:
        files = [("file", ("a<b>.txt", b"\0" * 50)), ("file", ("<hx-get>", b"\1"))]
        body, kind = multipart([("algorithm", "sha512"), ("length", ""), *files])
        id = kit.begin("POST", "/app/crypto/hash-many", body=body, accept=HTML, headers={"content-type": kind})
        answer = await serve_batches(kit, id, [])
        assert answer.status == 200, answer.text
        page = Page(answer.text)
        assert not page.problems and "a<b>.txt" in page.text and hashlib.sha512(b"\0" * 50).hexdigest() in page.text


@run
async def test_hash_many_passes_a_failed_part_on():
    async with running(slices=SLICES) as kit:
        body = json.dumps({"algorithm": "blake3", "items": [{"name": "a", "data": "YQ"}]}).encode()
        id = kit.begin("POST", "/app/crypto/hash-many", body=body, headers={"content-type": JSON})
        message, _ = await kit.host.wait("http:request")
        kit.send("http:reply", b'{"title":"Gone","status":503,"detail":"no worker"}', id=message["id"], status=503,
                 stream=False, headers={"content-type": "application/problem+json"}, timings={})  # fmt: skip
        told = problem(await kit.answer(id), 503)
        assert "no worker" in told["detail"]


@run
async def test_hash_many_refuses():
    async with running(slices=SLICES) as kit:
        path = "/app/crypto/hash-many"
        problem(await post(kit, path, algorithm="blake3"), 422, "items")
        problem(await post(kit, path, algorithm="blake3", items=[]), 422, "items")
        problem(await post(kit, path, algorithm="blake3", items="x"), 422, "items")
        problem(await post(kit, path, algorithm="blake3", items=[{"name": "a", "data": "Y"}]), 422, "items[0].data")
        problem(await post(kit, path, algorithm="blake3", items=[{"data": "YQ"}]), 422, "items[0].name")
        problem(
            await post(kit, path, algorithm="blake3", items=[{"name": "n" * 2000, "data": "YQ"}]), 413, "items[0].name"
        )
        many = [{"name": "a", "data": ""}] * 10_001
        problem(await post(kit, path, algorithm="blake3", items=many), 413, "items")
        problem(await post(kit, path, algorithm="rot13", items=[{"name": "a", "data": ""}]), 422, "algorithm")
        assert not kit.host.of("http:request"), "nothing was asked of the pool for a request that is refused"
