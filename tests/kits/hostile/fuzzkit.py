"""Random requests to every route of the router's table: wrong types, depth, numbers, encodings, orders, in every kind of body.

    at = Surroundings(words...)                   # what is there: identifiers, credentials, files
    for each in fuzzwallet.restored(at): ...      # requests that bring a wallet with all of it back
    request(seed, number, at)                     # the same seed and number draw the same request

Each request is drawn by itself from seed and number, so that one can be sent again without those before it. What it names
(`$aid`) is filled in from what there is at the time. tests/fuzz.py sends them in a real page, test_hostile_walk.py on CPython.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import msgpack
from credkit import CASES, TRIAL, parts
from hostile import spoiltkit
from hostile.hostilekit import BODIES, DEEP, VALUES, address, names
from keriwasm.data import guarding
from keriwasm.data.encoding import b64u
from tablekit import TABLE

from router.policy.routes import Route

PASSCODE = "a passcode of enough characters"
JSON, HTML = "application/json", "text/html"


@dataclass
class Surroundings:
    """What requests can name, each a list of what is there, and what is sent as a file."""

    named: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    passcodes: list[str] = field(default_factory=lambda: [PASSCODE])

    def name(self, what: str, share: float) -> str:
        """One of what there is; the share between 0 and 1 chooses, so that the count of them moves no dice."""
        there = self.passcodes[-1:] if what == "passcode" else self.named.get(what) or ["x"]
        return there[int(share * len(there))]


@dataclass(frozen=True)
class Request:
    """One request; `plain` sends it by the page's own fetch, through the service worker, else by the page's door."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    plain: bool = True
    route: str = ""

    def told(self) -> str:
        """It in full, for whoever must look at it."""
        body = "" if self.body is None else f"\n{len(self.body)} bytes: {self.body[:1500]!r}"
        return f"{self.method} {self.path[:600]} {self.headers}{body}"


class Literal(str):
    """Written into JSON as it stands."""


GOOD: dict[str, dict[str, Any]] = {
    "POST /app/wallet": {"name": "Mine", "passcode": "$passcode", "tier": "low"},
    "DELETE /app/wallet": {"name": "Mine", "passcode": "$passcode"},
    "POST /app/wallet/delete": {"name": "Mine", "passcode": "$passcode"},
    "POST /app/wallet/unlock": {"passcode": "$passcode", "next": "app/wallet"},
    "POST /app/wallet/passcode": {"old": "$passcode", "new": "$passcode", "again": "$passcode", "tier": "low"},
    "POST /app/wallet/autolock": {"minutes": 15},
    "POST /app/wallet/challenge/verify": {"words": "$words", "response": "$response"},
    "POST /app/wallet/backup": {"passphrase": "$passcode", "again": "$passcode", "tier": "low", "recovery": True},
    "POST /app/wallet/recovery-key": {"public": "", "passcode": "$passcode"},
    "POST /app/wallet/restore": {
        "file": "%backup", "passcode": "$passcode", "replace": "Mine", "wallet_passcode": "$passcode", "check": True},
    "POST /app/credentials/schemas": {"schema": TRIAL, "saidify": True},
    "POST /app/credentials/registries": {"identifier": "$aid", "name": "registry"},
    "POST /app/credentials/issue": {
        "registry": "$regk", "schema": "$schema", "holder": "$aid", "attributes": {"name": "A"}, "rules": {"d": "", "l": "x"}},
    "POST /app/credentials/verify": {"text": "%presentation", "schema": TRIAL},
    "POST /app/credentials/receive": {"file": "%presentation"},
    "POST /app/identifiers": {
        "alias": "other", "keys": 2, "threshold": ["1/2", "1/2"], "next_keys": 2, "next_threshold": "2",
        "transferable": True, "delegator": "", "algo": "randy"},
    "POST /app/identifiers/{aid}/rename": {"alias": "another"},
    "POST /app/identifiers/{aid}/rotate": {"next_keys": 1, "threshold": "1", "next_threshold": "1", "sn": 0},
    "POST /app/identifiers/{aid}/interact": {"data": [{"a": 1}], "sn": 0},
    "POST /app/identifiers/{aid}/sign": {"text": "hello"},
    "POST /app/identifiers/{aid}/challenge": {"words": "$words", "recipient": "$aid"},
    "POST /app/pool/size": {"workers": 2},
    "POST /app/faults/{worker}": {"kind": "slow", "ms": 1},
    "POST /app/crypto/hash": {"algorithm": "blake3", "text": "hello", "length": 32},
    "POST /app/crypto/hash-many": {"algorithm": "sha256", "items": [{"name": "a", "data": "AA"}]},
    "POST /app/crypto/hash-batch": {"algorithm": "sha256", "items": [{"name": "a", "data": "AA"}]},
    "POST /app/crypto/ed25519/sign": {"secret": b64u(bytes(32)), "text": "hello"},
    "POST /app/crypto/ed25519/verify": {"public": b64u(bytes(32)), "signature": b64u(bytes(64)), "text": "hello"},
    "POST /app/crypto/box/seal": {"public": b64u(b"\x01" * 32), "text": "hello"},
    "POST /app/crypto/box/open": {"public": b64u(b"\x01" * 32), "secret": b64u(bytes(32)), "sealed": b64u(bytes(60))},
    "POST /app/crypto/xchacha/encrypt": {"key": b64u(bytes(32)), "text": "hello", "aad": "a"},
    "POST /app/crypto/xchacha/decrypt": {
        "key": b64u(bytes(32)), "nonce": b64u(bytes(24)), "ciphertext": b64u(bytes(40)), "aad": "a"},
    "POST /app/crypto/argon2id": {"password": "hello", "salt": b64u(bytes(16)), "memory_bytes": 8192, "ops": 1, "length": 32},
    "POST /app/pq/kem/{alg}/encaps": {"public": b64u(bytes(1184))},
    "POST /app/pq/kem/{alg}/decaps": {"secret": b64u(bytes(2400)), "ciphertext": b64u(bytes(1088)), "expected": "AA"},
    "POST /app/pq/sig/{alg}/sign": {"secret": b64u(bytes(4032)), "text": "hello", "context": "c"},
    "POST /app/pq/sig/{alg}/verify": {"public": b64u(bytes(1952)), "signature": b64u(bytes(3309)), "text": "x", "context": "c"},
    "POST /app/pq/stfl/{alg}/sign": {"secret": b64u(bytes(64)), "text": "hello"},
    "POST /app/pq/stfl/{alg}/verify": {"public": b64u(bytes(60)), "signature": b64u(bytes(60)), "text": "hello"},
    "POST /app/ledger": {"file": "%kel"},
    "POST /app/ledger/oobi": {"url": "http://127.0.0.1:9/oobi/" + "E" * 44, "alias": "somebody"},
    "POST /app/ledger/{aid}/contact": {"alias": "somebody", "notes": "two\nlines"},
    "POST /app/verify": {"aid": "$aid", "text": "hello", "signatures": ["$signature"], "sn": 0},
    "POST /app/load/runs": {"operations": ["blake3-200"], "workers": [1], "seconds": 0.2, "batch": 1, "payload_bytes": 10},
    "POST /app/load/shares": {
        "phase": "measure", "operation": "blake3-200", "payload_bytes": 10, "warm_s": 0, "start_ms": 0, "seconds": 0.01, "batch": 1},
    "POST /app/load/runs/{id}/page": {"result": {"job": 1}, "jank": {}},
    "POST /app/suites/{name}/runs": {"effort": "quick", "timeout_s": 5, "pattern": "no such test", "tests": ""},
    "POST /app/suites/runs/{id}/again": {"what": "all"},
    "GET /app/pq": {"kind": "kem", "level": 1, "q": "ml"},
    "GET /app/identifiers/{aid}": {"from": 0, "count": 10},
    "GET /app/identifiers/{aid}/events": {"before": 0},
    "GET /app/ledger": {"q": "E", "kind": "", "page": 1},
    "GET /app/ledger/{aid}": {"from": 0, "count": 10},
    "GET /app/ledger/{aid}/events": {"before": 0},
    "GET /app/credentials": {"state": "issued", "role": "held"},
    "GET /app/credentials/issue": {"schema": "$schema"},
    "GET /app/wallet/challenge": {"words": "$words"},
    "GET /app/wallet/events": {"since": "0", "at": "app/wallet"},
    "GET /app/load/compare": {"a": "x", "b": "y"},
    "GET /app/suites/runs/{id}/tests": {"outcome": "", "sort": "slowest", "q": "", "page": 1},
}  # fmt: skip
"""Bodies that their routes take, `$` what is named and `%` a file. What has none is sent fields of its slice."""
RAW = {"/app/ledger": "kel", "/app/credentials/verify": "presentation", "/app/credentials/receive": "presentation",
       "/app/wallet/restore": "backup"}  # fmt: skip
"""Routes that take a file as the body itself, or as the file of a form."""
STILL = ("/app/faults/{worker}", "/app/suites/runs/{id}/chunks")
"""Drawn seldom: they are refused, or are others' inner calls."""
ALGORITHMS = ("ML-KEM-768", "ML-KEM-512", "ML-DSA-65", "ML-DSA-44", "Falcon-512", "LMS_SHA256_H5_W8", "ml-kem-768", "x")
SIMPLE = (None, True, False, 0, 1.5, "", "x", [], {}, [[]], [None], {"": None}, [{}], [""], {"d": ""}, {"a": {"b": [1]}})
NUMBERS = (
    0, -1, 1, 2, 3, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**63, 1e308, -0.0, 5e-324, 0.1, 1.0, 1e2,
    Literal("1e400"), Literal("-1e400"), Literal("NaN"), Literal("Infinity"), Literal("9" * 5000), Literal("01"), Literal("1e-400"),
    Literal("0x10"), "0x10", "1e5", "１２", "٣", " 1 ", "+1", "1_000", "01", "-0", "9" * 5000, "1/0", "1/2,1/2", "NaN", "½", "1.0", "",
)  # fmt: skip
TEXTS = (
    Literal('"\\ud800"'), Literal('"\\udc00\\ud800"'), Literal('"\\u0000"'), Literal('"\x01"'), Literal("'x'"), "\ufeffx", "e\u0301",
    "\u202e\u200d\x7f\ufffe\U000e0001", "𝔘", "a\r\nb", "\u2028", "<b>x</b><script>", "{{ 7 * 7 }}{% raw %}", "%s%n%x", "../../etc", "AA==",
    "A", "+/+/", "A A", "AB", "=\r\n", "a" * 257, "ä" * 128, "\x00", "a\tb", "E" * 44, "D" * 44, "-VAS", '{"v":"KERI10JSON', "javascript:x",
)  # fmt: skip
CHARSETS = ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp1252", "utf-7", "shift_jis")
TYPES = ("", "text/plain", "text/json", "application/cesr", "application/octet-stream", "application/json; charset=utf-16",
         "application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data", "multipart/form-data; boundary=",
         "application/msgpack", "application/problem+json",
         'multipart/form-data; boundary="a b"', "application/json;;;", "x", "image/svg+xml")  # fmt: skip
ACCEPTS = ("*/*", "", "application/xml", "text/html;q=0.5,application/json;q=1e9", "text/event-stream", "application/json;q=NaN", ",;")
PARTS = ("x", "%00", "%ff", "%2F", "%2e%2e", "%F0%9D%94%98", "a%20b", "%E2%80%AE", "a" * 3000, "0", "-1", "1e400", "%D9%A3", "9" * 400,
         "constructor", "..%2f..", "%", "%zz", "E" * 44, "w1", "w99")  # fmt: skip
BOUNDARY = "----a boundary".replace(" ", "-")


def weight(route: Route) -> int:
    if route.pattern in STILL or route.pattern in ("/app/wallet/delete", "/app/wallet/lock", "/app/pool/size") or route.method == "DELETE":
        return 1
    return 2 if route.heavy or route.method == "GET" else 6


def value(rng: random.Random) -> Any:
    """One of any kind."""
    kind = rng.choice(("type", "type", "number", "number", "text", "text", "depth", "stream", "large"))
    if kind == "type":
        return rng.choice(SIMPLE)
    if kind == "number":
        return rng.choice(NUMBERS)
    if kind == "text":
        return rng.choice(TEXTS)
    if kind == "depth":
        levels, (start, end) = rng.choice((3, 20, guarding.DEPTH - 2, guarding.DEPTH + 1, 500)), rng.choice(("[]", ('{"a":', "}")))
        return Literal(start * levels + written(rng.choice(SIMPLE)) + end * levels)
    if kind == "stream":
        return spoilt(rng, rng.choice(("presentation", "kel")))
    if rng.random() < 0.7:
        return rng.choice(("[" * DEEP, '{"a":' * DEEP, "-V" * 2000, "a" * 5000))
    return VALUES[rng.choice(sorted(VALUES))]


@cache
def streams() -> dict[str, list[bytes]]:
    """What spoilt streams are made of."""
    cases = sorted(CASES.glob("*.cesr"))
    logs = [b"".join(parts(path.read_bytes())) for path in cases if path.name.startswith(("30a", "70", "04-ledger", "19"))]
    presented = [path.read_bytes() for path in cases if path.name.startswith(("00", "02", "11", "12", "13", "25"))]
    return {"presentation": presented, "kel": [log for log in logs if log], "any": [path.read_bytes() for path in cases]}


def spoilt(rng: random.Random, what: str) -> bytes:
    """A stream after one to three acts, or one that is odd as it is."""
    pool = streams()
    if rng.random() < 0.3:
        return rng.choice(pool["any"])
    return spoiltkit.spoil(pool[what], spoiltkit.drawn(rng))


def sent(rng: random.Random, what: str, at: Surroundings) -> bytes:
    """A file of a kind, whole or spoilt."""
    if what in at.files and rng.random() < 0.5:
        data = bytearray(at.files[what])
        for _ in range(rng.choice((0, 0, 1, 3))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return bytes(data[: int(len(data) * rng.choice((1, 1, 1, rng.random())))])
    return spoilt(rng, "kel" if what == "kel" else "presentation")


def filled(rng: random.Random, value: Any, at: Surroundings) -> Any:
    """A good value with what it names put in."""
    if isinstance(value, str) and value[:1] == "$":
        found = at.name(value[1:], rng.random())
        return found.split() if value == "$words" and rng.random() < 0.7 else found
    if isinstance(value, str) and value[:1] == "%":
        return sent(rng, value[1:], at)
    if isinstance(value, list):
        return [filled(rng, each, at) for each in value]
    return value


def fields(rng: random.Random, route: Route, at: Surroundings) -> list[tuple[str, Any]]:
    """The fields of a request, some of them wrong."""
    known = names(route.slice or "home")
    base = GOOD.get(f"{route.method} {route.pattern}", {name: rng.choice(SIMPLE) for name in rng.sample(known, 2)})
    pairs = [(name, filled(rng, each, at)) for name, each in base.items()]
    for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 3))):
        act = rng.choice(("value",) * 5 + ("drop", "twice", "more", "wrap", "order", "name"))
        if not pairs or act == "more":
            pairs.append((rng.choice(known), value(rng)))
            continue
        where = rng.randrange(len(pairs))
        name, old = pairs[where]
        if act == "value":
            pairs[where] = (name, value(rng))
        elif act == "drop":
            del pairs[where]
        elif act == "twice":
            pairs.append((name, rng.choice((old, value(rng)))))
        elif act == "wrap":
            pairs[where] = (name, rng.choice(([old], {name: old}, [old, old], {"": old})))
        elif act == "order":
            rng.shuffle(pairs)
        else:
            pairs[where] = (rng.choice((name.upper(), f" {name}", f"{name}[]", "", "__proto__", "\x00", name + "\u200b")), old)
    return pairs


def written(value: Any) -> str:
    """JSON, literals as they stand, bytes as base64url."""
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, bytes):
        return json.dumps(b64u(value))
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{written(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def typed(value: Any) -> bytes:
    """As a form sends it."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else written(value)).encode("utf-8", "surrogatepass")


def form(pairs: list[tuple[str, Any]]) -> bytes:
    return "&".join(f"{quote_plus(name)}={quote_plus(typed(each))}" for name, each in pairs).encode()


def multipart(rng: random.Random, pairs: list[tuple[str, Any]], files: tuple[str, ...]) -> bytes:
    made = b""
    for name, each in pairs:
        head = f'Content-Disposition: form-data; name="{quote(name)}"'
        if name in files or rng.random() < 0.1:
            file = rng.choice(('; filename="f"', '; filename=""', "; filename*=UTF-8''%ff", '; filename="../<b>x"', "; filename=f"))
            kind = rng.choice(("application/octet-stream", "text/plain; charset=utf-16", "multipart/mixed; boundary=x", "x"))
            head += f"{file}\r\nContent-Type: {kind}"
        if rng.random() < 0.03:
            odd = ("", "Content-Disposition: form-data", "Content-Disposition: attachment; name=x", "a" * 5000, "x: y\r\n" * 90)
            head = rng.choice(odd)
        made += f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + typed(each) + b"\r\n"
    return made + f"--{BOUNDARY}--\r\n".encode()


def damaged(rng: random.Random, body: bytes) -> bytes:
    """Bytes cut, turned, doubled, added to, or in another encoding."""
    act = rng.choice(("cut", "flip", "more", "twice", "recode", "recode", "behead"))
    if act == "recode":
        text = body[:200_000].decode("utf-8", "replace")
        return text.encode(rng.choice(CHARSETS), "replace")
    if act == "more":
        return body + rng.choice((b"\x00", b"}", b",", b"\xff\xfe", b"[]", b"\r\n--\r\n"))
    where = rng.randrange(len(body) + 1)
    if act == "cut":
        return body[:where]
    if act == "behead":
        return body[where:]
    if act == "twice":
        return body + body
    return body[:where] + bytes([rng.randrange(256)]) + body[where + 1 :]


def request(seed: int, number: int, at: Surroundings, table: list[Route] = TABLE) -> Request:
    """The request of that number, to one of these routes."""
    rng = random.Random(f"{seed}.{number}")
    route = rng.choices(table, [weight(each) for each in table])[0]
    method = route.method if rng.random() < 0.97 else rng.choice(("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"))
    params = {}
    for name in re.findall(r"\{(\w+)\}", route.pattern):
        share, odd = rng.random(), rng.choice(PARTS)
        there = rng.choice(ALGORITHMS) if name == "alg" else at.name(f"{route.slice}.{name}", share)
        params[name] = there if rng.random() < 0.85 else odd
    path = address(route, params)
    if rng.random() < 0.02:
        path += rng.choice(("/", "/x", "//", ".json", ".csv", ".xml", "%00", "/../x", ";x", "/%2e"))
    pairs = fields(random.Random(f"{seed}.{number}.fields"), route, at)  # what is there to be named takes more or fewer draws
    headers = {"accept": JSON}
    if rng.random() < 0.45:
        headers = {"accept": HTML} | ({"hx-request": "true"} if rng.random() < 0.8 else {})
    elif rng.random() < 0.1:
        headers = {"accept": rng.choice(ACCEPTS)}
    plain = rng.random() < 0.4
    where = f"{route.method} {route.pattern}"
    if method in ("GET", "HEAD") or rng.random() < 0.05:
        if pairs and (where in GOOD or rng.random() < 0.3):
            path += "?" + urlencode([(name, typed(each)[:8000]) for name, each in pairs])
        if method in ("GET", "HEAD"):
            return Request(method, path.removeprefix("/"), headers, None, plain, where)
    kind = rng.choice(("json", "json", "json", "form", "form", "multipart", "multipart", "raw"))
    if kind == "json":
        body, told = ("{" + ",".join(f"{json.dumps(name)}:{written(each)}" for name, each in pairs) + "}").encode(), JSON
        if rng.random() < 0.06:
            body = rng.choice([each.encode() for each in BODIES.values()] + [b"", b"null", b"1", b'"x"', b"[[]]"])
    elif kind == "form":
        body, told = form(pairs), "application/x-www-form-urlencoded"
    elif kind == "multipart":
        body = multipart(rng, pairs, ("file",))
        told = f"multipart/form-data; boundary={BOUNDARY}"
    else:
        body = sent(rng, RAW.get(route.pattern, rng.choice(("kel", "presentation", "backup"))), at)
        told = rng.choice(("application/cesr", "application/octet-stream"))
        if route.slice == "verifying":
            body = unit(rng)
    if rng.random() < 0.12:
        body = damaged(rng, body)
    if rng.random() < 0.08:
        told = rng.choice(TYPES)
    return Request(method, path.removeprefix("/"), headers | ({"content-type": told} if told else {}), body, plain, where)


UNITS = {
    "data": b"x", "known": [b"{}"], "along": [b"{}"], "schema": b"{}", "saidify": True, "credential": b"{}", "response": b"x",
    "words": ["a"], "states": {"E": {"sn": 0, "transferable": True, "keys": ["D"], "threshold": "1", "established": ["0", "E"]}},
    "head": b"{}", "body": 9, "contexts": [{"state": {"i": "E", "dt": "x"}, "records": [{
        "aid": "E", "sn": 0, "said": "E", "raw": b"{}", "sigs": ["A"], "wigs": [], "rcts": [], "vrcs": [], "wits": ["B"], "seal": ""}]}],
    "messages": [(b"{}", 2, "icp")], "replies": [(b"{}", 2)],
}  # fmt: skip


def unit(rng: random.Random) -> bytes:
    """What workers ask each other to verify and to judge, some of it wrong."""
    made = dict(UNITS)
    for _ in range(rng.choice((0, 1, 1, 2))):
        name = rng.choice(sorted(made))
        odd = rng.choice((rng.choice(SIMPLE), spoilt(rng, "kel"), rng.choice((0, -1, 2**31, 2**53 + 1, 1e308, 0.1))))
        made[name] = rng.choice((odd, [odd], {"E": odd}, [[odd] * 3], {}))
    if rng.random() < 0.2:
        made["messages"] = [(data, len(data), rng.choice(("icp", "rot", "rct"))) for data in (spoilt(rng, "kel"),)]
    return msgpack.packb({name: each for name, each in made.items() if rng.random() < 0.97})
