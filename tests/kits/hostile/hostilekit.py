"""Hostile values, and bodies made of them: deep, long, wide, odd. `fuzzkit` draws requests of these and of more kinds."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from keriwasm.data import guarding
from keriwasm.data.encoding import b64u
from tablekit import TABLE
from workerkit import ROOT

from router.policy.routes import Route

SLICES = ("home", "network", "wallet", "backup", "credentials", "ledger", "verifying", "crypto", "load", "suites", "pool", "faults")
"""Those that run on CPython too; in a page there is `pq` besides."""
DEEP = 30_000
READ = re.compile(r"(?:fields|sent|form)\.[a-z]+\(\s*\"([a-z_]+)\"|\b(?:label|threshold|text)\(fields, \"([a-z_]+)\"")


@cache
def names(slice: str) -> tuple[str, ...]:
    """The fields that a slice's source reads."""
    found: set[str] = set()
    for path in (ROOT / "python" / "slices" / slice).rglob("*.py"):
        found |= {each[1] or each[2] for each in READ.finditer(path.read_text())}
    return tuple(sorted(found | {"text", "data", "file", "passcode"}))


def event(threshold: str, anchor: str) -> str:
    """A message that claims its right size; only its depth is wrong."""
    body = f'{{"v":"KERI10JSON000000_","t":"icp","d":"x","i":"x","s":"0","kt":"{threshold}","k":[],"a":{anchor}}}'
    return body.replace("000000_", f"{len(body):06x}_")


def nested(levels: int, value: Any = 0, name: str = "") -> Any:
    for _ in range(levels):
        value = {name: value} if name else [value]
    return value


VALUES: dict[str, Any] = {
    "deep within bounds": nested(guarding.DEPTH - 2),
    "deep objects": nested(guarding.DEPTH - 2, 0, "a"),
    "wide": [0] * 50_000,
    "wide objects": {str(n): {} for n in range(20_000)},
    "text of brackets": "[" * DEEP,
    "text of objects": '{"a":' * DEEP,
    "event, deep": event("1", "[" * DEEP),
    "event, its threshold deep": event("[" * DEEP, "[]"),
    "mgpk": b64u(b"\x91" * DEEP),
    "cbor": b64u(b"\x81" * DEEP),
    "event in cbor": b64u(b"\xa1\x61vqKERI10CBOR007530_" + b"\x81" * DEEP),
    "large number": 10**63,
    "numbers": [1.7e308, -1.7e308, 10**63, -(10**63)],
    "long": "a" * (1 << 20),
    "odd": "\u202e\u200d\x7f\ufffe\U000e0001",
    "nothing": None,
}
BODIES = {
    "deep": "[" * DEEP,
    "deep objects": '{"a":' * DEEP,
    "wide": '{"data":[' + "0," * 400_000 + "0]}",
    "infinite": '{"data":1e400}',
    "half": '{"data":"\\ud800"}',
    "constant": '{"data":[NaN]}',
    "twice": '{"data":1,"data":2}',
    "a list": "[]",
}


def routes() -> list[Route]:
    """Those that take a body, but streams."""
    return [each for each in TABLE if each.method not in ("GET", "HEAD") and (each.slice or "") in SLICES and not each.stream]


def address(route: Route, params: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: params.get(found[1], "x"), route.pattern)


def good(aid: str) -> dict[str, Any]:
    """Values that let a request come as far as the field that is wrong."""
    return {"algorithm": "sha256", "identifier": aid, "words": ["abandon"] * 12, "kind": "text", "seconds": 0, "name": "n"}


BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def groups(levels: int) -> str:
    """CESR's groups around each other, each counted right."""
    text = ""
    for _ in range(levels):
        count = len(text) // 4
        text = "-0V" + "".join(BASE64[count >> 6 * place & 63] for place in range(4, -1, -1)) + text
    return text
