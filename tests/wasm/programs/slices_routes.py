"""The crypto and pq slices behind their routes in a real worker, in Pyodide: rounds, pages, refusals.

Returns sentences about what was measured; raises AssertionError otherwise.
"""

import asyncio
import hashlib
import json
import os
import time
from typing import Any

from keriwasm.data.encoding import b64u
from slicekit import HTML, JSON, Page, form, get, post, problem
from slices.crypto import hashing
from workerkit import running

SLICES = {"crypto": {}, "pq": {}}
ONE_OF_EACH = {
    "kem": ["ML-KEM-768", "Kyber512", "NTRU-HPS-2048-509", "sntrup761", "FrodoKEM-640-AES", "Classic-McEliece-348864"],
    "sig": ["ML-DSA-65", "Falcon-512", "Falcon-padded-512", "SPHINCS+-SHA2-128f-simple", "MAYO-1", "cross-rsdp-128-fast",
            "OV-Is", "SNOVA_24_5_4", "SLH_DSA_PURE_SHA2_128F", "SLH_DSA_SHA2_256_PREHASH_SHA2_128F"],
    "stfl": ["XMSSMT-SHA2_20~4_256"],
}  # fmt: skip


async def kem(kit: Any, path: str) -> None:
    pair = (await post(kit, f"{path}/keypair")).json
    assert set(pair) == {"public", "secret"}
    made = (await post(kit, f"{path}/encaps", public=pair["public"])).json
    assert set(made) == {"ciphertext", "shared"}
    got = await post(kit, f"{path}/decaps", secret=pair["secret"], ciphertext=made["ciphertext"])
    assert got.json == {"shared": made["shared"]}
    problem(await post(kit, f"{path}/encaps", public=pair["public"] + "AAAA"), 422, "public")
    problem(await post(kit, f"{path}/encaps"), 422, "public")
    problem(await post(kit, f"{path}/decaps", secret=pair["secret"], ciphertext="AAAA"), 422, "ciphertext")
    problem(await post(kit, f"{path}/decaps", secret="AA==", ciphertext=made["ciphertext"]), 422, "secret")
    shown = Page((await form(kit, f"{path}/keypair")).text)
    assert not shown.problems, shown.problems
    encapsulated = Page((await form(kit, f"{path}/encaps", public=pair["public"])).text)
    assert not encapsulated.problems and encapsulated.all("input", name="expected")
    for expected, said in ((made["shared"], "Both sides have the same"), ("AAAA", "not the secret")):
        answer = await form(
            kit, f"{path}/decaps", secret=pair["secret"], ciphertext=made["ciphertext"], expected=expected
        )
        assert said in Page(answer.text).text


async def signature(kit: Any, path: str) -> None:
    stateful = "/stfl/" in path
    pair = (await post(kit, f"{path}/keypair")).json
    assert set(pair) == {"public", "secret"}
    made = (await post(kit, f"{path}/sign", secret=pair["secret"], text="Grüße")).json
    assert set(made) == ({"signature", "secret", "remaining"} if stateful else {"signature"})
    known = {"public": pair["public"], "signature": made["signature"]}
    assert (await post(kit, f"{path}/verify", **known, text="Grüße")).json == {"valid": True}
    assert (await post(kit, f"{path}/verify", **known, data="Grüße".encode())).json == {"valid": True}
    assert (await post(kit, f"{path}/verify", **known, text="Grusse")).json == {"valid": False}
    problem(
        await post(kit, f"{path}/verify", public=pair["public"], signature=made["signature"] + "A" * 4000, text="a"),
        422,
        "signature",
    )
    problem(await post(kit, f"{path}/verify", public=pair["public"], signature="", text="a"), 422, "signature")
    problem(await post(kit, f"{path}/verify", public="AAAA", signature=made["signature"], text="a"), 422, "public")
    problem(await post(kit, f"{path}/sign", secret="AAAA", text="a"), 422, "secret")
    problem(await post(kit, f"{path}/sign", secret=pair["secret"]), 422, "text")
    shown = Page((await form(kit, f"{path}/keypair")).text)
    signed = Page(
        (await form(kit, f"{path}/sign", secret=made.get("secret", pair["secret"]), text="<script>", data="")).text
    )
    assert not shown.problems and not signed.problems, (shown.problems, signed.problems)
    assert signed.areas["pq-verify-text"] == "<script>"
    if stateful:
        again = Page((await get(kit, path)).text)
        assert not again.problems
        return
    supports = (await get(kit, path, accept=JSON)).json["context"]
    bound = await post(kit, f"{path}/sign", secret=pair["secret"], text="m", context="purpose")
    if not supports:
        problem(bound, 422, "context")
        return
    known["signature"] = bound.json["signature"]
    assert (await post(kit, f"{path}/verify", **known, text="m", context="purpose")).json == {"valid": True}
    assert (await post(kit, f"{path}/verify", **known, text="m")).json == {"valid": False}
    problem(await post(kit, f"{path}/sign", secret=pair["secret"], text="m", context="c" * 256), 422, "context")


async def catalogue(kit: Any) -> dict[str, list[dict[str, Any]]]:
    whole = (await get(kit, "/app/pq", accept=JSON)).json
    assert whole["shown"] == whole["total"] == sum(len(whole[key]) for key in ("kems", "signatures", "stateful"))
    page = Page((await get(kit, "/app/pq")).text)
    assert not page.problems, page.problems[:5]
    links = {each["href"] for each in page.all("a")}
    assert {each["path"] for key in ("kems", "signatures", "stateful") for each in whole[key]} <= links
    some = (await get(kit, "/app/pq?q=dsa+fips&kind=sig&level=3", accept=JSON)).json
    assert some["signatures"] and not some["kems"] and not some["stateful"]
    assert all(each["level"] == 3 and "DSA" in each["name"] for each in some["signatures"])
    none = await get(kit, "/app/pq?q=%3Cscript%3E")
    assert "No algorithm matches" in none.text and "<script" not in none.text and not Page(none.text).problems
    problem(await get(kit, "/app/pq?kind=quantum", accept=JSON), 422, "kind")
    problem(await get(kit, "/app/pq?level=9", accept=JSON), 422, "level")
    return whole


async def nested(kit: Any) -> None:
    """JSON that would overflow the engine's stack, and so end the runtime, is refused."""
    for body in (b"[" * 100_000, b'{"a":' * 100_000, b'{"text":' + b"[" * 5_000 + b"]" * 5_000 + b"}"):
        answer = await kit.ask("POST", "/app/crypto/hash", body=body, headers={"content-type": JSON})
        assert "nested too deep" in problem(answer, 400)["detail"]


async def unknown(kit: Any) -> None:
    for path, near in (
        ("kem/ML-KEM-769", "ML-KEM-768"),
        ("sig/ml-dsa-65", "ML-DSA-65"),
        ("stfl/XMSS-SHA2_10", "XMSS-SHA2_10_256"),
    ):
        for method, tail in (("GET", ""), ("POST", "/keypair")):
            told = problem(await kit.ask(method, f"/app/pq/{path}{tail}"), 404, "algorithm")
            assert near in told["near"] and near in told["detail"], told
    for name in ("%3Cscript%3E", "A" * 5000, "%00", "%ff", "..%2f.."):
        answer = await kit.ask("GET", f"/app/pq/kem/{name}", accept=HTML)
        assert answer.status in (400, 404) and "<script" not in answer.text, (name, answer.status)
    for path in ("stfl/XMSS-SHA2_20_256/keypair", "stfl/LMS_SHA256_H5_W8/keypair", "stfl/LMS_SHA256_H5_W8/sign"):
        told = problem(await post(kit, f"/app/pq/{path}", secret="AAAA", text="m"), 422, "algorithm")
        assert "algorithm" in told["field"]
        page = await get(kit, f"/app/pq/{path.rpartition('/')[0]}")
        assert "is not offered" in page.text and not Page(page.text).problems


async def crypto(kit: Any) -> list[str]:
    message = os.urandom(3 << 20)
    body = json.dumps({"data": b64u(message)}).encode()
    for name, algorithm in hashing.algorithms().items():
        answer = await kit.ask("POST", f"/app/crypto/hash?algorithm={name}", body=body, headers={"content-type": JSON})
        assert answer.json["digest_hex"] == hashing.digest(algorithm, message).hex()
    pair = (await post(kit, "/app/crypto/ed25519/keypair")).json
    signature = (await post(kit, "/app/crypto/ed25519/sign", secret=pair["secret"], text="m")).json["signature"]
    assert (
        await post(kit, "/app/crypto/ed25519/verify", public=pair["public"], signature=signature, text="m")
    ).json == {"valid": True}
    assert (
        await post(kit, "/app/crypto/ed25519/verify", public=pair["public"], signature=signature, text="n")
    ).json == {"valid": False}
    box = (await post(kit, "/app/crypto/box/keypair")).json
    sealed = (await post(kit, "/app/crypto/box/seal", public=box["public"], text="m")).json
    assert (await post(kit, "/app/crypto/box/open", **box, **sealed)).json["text"] == "m"
    problem(await post(kit, "/app/crypto/box/seal", public=bytes(32), text="m"), 422, "public")
    made = (await post(kit, "/app/crypto/xchacha/encrypt", text="m", aad="a")).json
    assert (await post(kit, "/app/crypto/xchacha/decrypt", **made, aad="a")).json["text"] == "m"
    problem(await post(kit, "/app/crypto/xchacha/decrypt", **made, aad="b"), 422, "ciphertext")
    said = []
    for tier in ("interactive", "moderate"):
        derived = (await post(kit, "/app/crypto/argon2id", password="password", salt=b"s" * 16, tier=tier)).json
        assert derived.get("hash") == ARGON[tier], (derived, kit.faults())
        said.append(f"Argon2id {tier}: {derived['ms']:.0f} ms")
    for path in ("", "/hash", "/ed25519", "/box", "/xchacha", "/argon2id", "/panel"):
        assert not Page((await get(kit, f"/app/crypto{path}")).text).problems
    return said


ARGON: dict[str, str] = {}


def longest_hold() -> str:
    """How long hashing holds the scheduler between two yields, of the algorithm that does so longest (wanted: 20 ms, which is told; that
    no piece is larger than a MiB is asserted)."""
    message = os.urandom(4 << 20)
    worst = ("", 0.0)
    for name, algorithm in hashing.algorithms().items():
        hashing.digest(algorithm, b"")  # the first use loads the library
        generator = hashing.digesting(algorithm, message)
        holds = []
        ended = False
        while not ended:
            started = time.perf_counter()
            ended = next(generator, generator) is generator
            holds.append((time.perf_counter() - started) * 1000)
        assert len(holds) == -(-len(message) // algorithm.piece) >= 4, (name, len(holds))
        # The median: the machine of a test has other work, and whoever is put off in the middle of a piece looks slow.
        worst = max(worst, (name, sorted(holds)[len(holds) // 2]), key=lambda each: each[1])
    return f"hashing holds the scheduler for {worst[1]:.1f} ms ({worst[0]})"


async def flat(kit: Any) -> str:
    """Nothing of the libraries stays behind: 300 rounds of each kind leave the heap as it was."""
    import pyodide_js

    async def rounds(count: int) -> None:
        pair = (await post(kit, "/app/pq/stfl/XMSSMT-SHA2_20~4_256/keypair")).json
        for _ in range(count):
            await post(kit, "/app/pq/sig/ML-DSA-44/keypair")
            await post(kit, "/app/pq/kem/FrodoKEM-640-SHAKE/keypair")
            pair["secret"] = (
                await post(kit, "/app/pq/stfl/XMSSMT-SHA2_20~4_256/sign", secret=pair["secret"], text="m")
            ).json["secret"]
            kit.host.posted.clear()

    await rounds(20)
    before = pyodide_js._module.HEAPU8.length
    await rounds(300)
    after = pyodide_js._module.HEAPU8.length
    assert after - before < 4 << 20, f"the heap grew from {before} to {after} bytes"
    return f"heap after 300 rounds: {after - before:+} bytes"


async def main(args: dict[str, Any]) -> list[str]:
    ARGON.update(args["argon"])
    said = [longest_hold()]
    assert hashlib.sha256(b"abc").hexdigest().startswith("ba7816bf")
    async with running(slices=SLICES) as kit:
        started = time.perf_counter()
        whole = await catalogue(kit)
        said.append(
            f"catalogue of {whole['total']} algorithms, first pages and filters: {time.perf_counter() - started:.1f} s"
        )
        for kind, names in ONE_OF_EACH.items():
            for name in names:
                print(name, flush=True)
                await (kem if kind == "kem" else signature)(kit, f"/app/pq/{kind}/{name}")
                assert not Page((await get(kit, f"/app/pq/{kind}/{name}")).text).problems
        await unknown(kit)
        await nested(kit)
        said += await crypto(kit)
        said.append(await flat(kit))
        assert not kit.faults(), kit.faults()
        await asyncio.sleep(0)
    return said
