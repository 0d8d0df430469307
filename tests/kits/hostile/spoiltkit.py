"""Streams of CESR, spoilt message by message: dropped, doubled, out of order, other values, other attachments, cut, recoded."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from credkit import parts, remade

VALUES = (0, 5, -1, 1.5, True, None, "", "x", "0", "1", "E" * 44, "I2I", "NOT", [], {}, [[]], {"n": "E" * 44}, "𝔘", "\u0000", 2**70,
          "2026-13-01")  # fmt: skip
NOISE = (b"{", b"}", b"-", b"-FAB", b"\x00", b"\xff", b'{"v":"', b"ACDC10JSON000152_", b"-IAA", b"AAAA", b"\xef\xbb\xbf", b"<b>", b"=\r\n")
SPACE = (b"\n", b"\r\n\r\n", b"  \t", b"")


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all values within one."""
    within = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [each for name, inner in within for each in paths(inner, (*path, name))]


def changed(message: bytes, at: int, value: Any, said: bool) -> bytes:
    """A message with another value at one of its places, its size right, and its SAID too if asked."""
    end = message.index(b"}-") + 1 if b"}-" in message else len(message)
    sad = json.loads(message[:end])
    places = paths(sad)
    path = places[at % len(places)]
    within = sad
    for step in path[:-1]:
        within = within[step]
    within[path[-1]] = copy.deepcopy(value)
    if said:
        return remade(sad) + message[end:]
    raw = json.dumps(sad, separators=(",", ":"), ensure_ascii=False).encode()
    return re.sub(rb'(10JSON)[0-9a-f]{6}', b"10JSON%06x" % len(raw), raw, count=1) + message[end:]


def spoil(pool: list[bytes], plan: tuple[int, list[tuple[Any, ...]]]) -> bytes:
    """One base after the acts of a plan."""
    base, acts = plan
    each = parts(pool[base % len(pool)])
    tail: list[Callable[[bytes], bytes]] = []
    for act, a, b, value, noise in acts:
        if not each:
            break
        one, two = a % len(each), b % len(each)
        match act:
            case "drop":
                del each[one]
            case "twice":
                each.insert(two, each[one])
            case "swap":
                each[one], each[two] = each[two], each[one]
            case "turn":
                each = each[::-1]
            case "from another":
                others = parts(pool[(base + 1) % len(pool)])
                each.insert(one, others[b % len(others)])
            case "value" | "value and SAID":
                with suppress(ValueError, TypeError, OverflowError):  # it was spoilt before, or cannot be written as JSON
                    each[one] = changed(each[one], b, value, act.endswith("SAID"))
            case "attachments":
                ends = [(m.index(b"}-") + 1) if b"}-" in m else len(m) for m in (each[one], each[two])]
                heads, rest = [m[:e] for m, e in zip((each[one], each[two]), ends, strict=True)], each[two][ends[1] :]
                each[one] = heads[0] + rest
            case "flip":
                spoilt = bytearray(each[one])
                spoilt[b % len(spoilt)] ^= 1 << (b % 7)
                each[one] = bytes(spoilt)
            case "noise":
                where = b % (len(each[one]) + 1)
                each[one] = each[one][:where] + noise + each[one][where:]
            case "space":
                each = [SPACE[b % len(SPACE)] + m for m in each]
            case "wrap":
                tail.append(lambda data, width=30 + b % 90: b"\n".join(data[i : i + width] for i in range(0, len(data), width)))
            case "cut":
                tail.append(lambda data, left=b: data[: left % (len(data) + 1)])
            case "behead":
                tail.append(lambda data, gone=b: data[gone % (len(data) + 1) :])
            case "deep":
                with suppress(ValueError, TypeError):
                    each[one] = changed(each[one], b, json.loads("[" * 40 + "]" * 40), True) if b"}-" in each[one] else each[one]
            case "UTF-16":
                tail.append(lambda data: data.decode(errors="replace").encode("utf-16"))
    data = b"".join(each)
    for step in tail:
        data = step(data)
    return data


ACTS = ("drop", "drop", "twice", "swap", "turn", "from another", "value", "value", "value and SAID", "value and SAID", "attachments",
        "flip", "flip", "noise", "space", "wrap", "cut", "behead", "deep", "UTF-16")  # fmt: skip


def drawn(rng: random.Random) -> tuple[int, list[tuple[Any, ...]]]:
    """A plan by chance."""
    acts = [(rng.choice(ACTS), rng.randrange(31), rng.randrange(4001), rng.choice(VALUES), rng.choice(NOISE))
            for _ in range(rng.randint(1, 3))]  # fmt: skip
    return rng.randrange(1 << 16), acts
