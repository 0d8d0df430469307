"""One call for many answers as single calls do, names the row that is wrong, and gives way (keriwasm/imports/many.py)."""

from __future__ import annotations

PROGRAM = """
import ctypes, os

def said(call, *arguments, **more):
    try:
        return repr(call(*arguments, **more))
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def driven(steps):
    times = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return times, end.value
        times += 1

def main(args):
    from keriwasm.imports import many, native
    single, oqs = native.blake3().blake3, native.oqs()
    mixed = [os.urandom(size) for size in (*range(0, 2200, 7), 4096, 100_000)]
    told = {"digests": all(many.digests(mixed, size) == [single(m).digest(length=size) for m in mixed] for size in (1, 32, 1024))}
    times, made = driven(many.digesting([*mixed, bytes(9 << 20), *[b"a"] * 10_000]))
    told["digesting"] = times > 3 and made == [single(m).digest() for m in [*mixed, bytes(9 << 20), *[b"a"] * 10_000]]
    told["empty"] = [many.digests([]), driven(many.digesting([]))[1]]
    told["words"] = [said(many.digests, [b"", "a"]), said(many.digests, [b""], 0), said(many.digests, [b""] * 8193),
                     said(many.digests, [bytes(1), bytes(4 << 20)]), said(driven, many.digesting([b""] * 9000 + [1]))]
    with oqs.KeyEncapsulation("ML-KEM-768") as one, oqs.KeyEncapsulation("ML-KEM-768") as two:
        keys = [one.generate_keypair(), two.generate_keypair()] * 100
        times, made = driven(many.encapsulating(one, keys))
        told["encapsulating"] = times == 3 and len({c for c, _ in made}) == 200 and all(
            (one, two)[at % 2].decap_secret(c) == shared for at, (c, shared) in enumerate(made))
        told["no keys"] = many.encapsulations(one, [])
        bad = bytes([255]) * 1184
        told["words"] += [said(many.encapsulations, one, [keys[0], b"ab"]), said(many.encapsulations, one, [keys[0], None]),
                          said(many.encapsulations, one, [keys[0], bad]), said(one.encap_secret, bad)]
        call = oqs.native().OQS_KEM_encaps
        room = ctypes.create_string_buffer(16)
        told["rows"] = [said(call.rows, *each) for each in (
            (), (1, 2), (-1, 1, 2, 3, 4), (2, 1, (room, 9), 3, 4), (2, 1, (room, -1), 3, 4), (2, 1, (b"", "a"), 3, 4),
            (2, 1, [1], 3, 4), (2, 1, 2, 3, [1.5, 1]), (1, 2**40, 2, 3, 4), (1, 1, (7, 1), 3, 4), (0, 1, 2, 3, []))]
    return told
"""


def test_as_single_calls(pyodide):
    told = pyodide.run(PROGRAM)
    assert told["digests"] and told["digesting"] and told["encapsulating"]
    assert told["empty"] == [[], []] and told["no keys"] == []
    assert told["words"] == [
        "TypeError: message 1 is str, bytes are wanted", "ValueError: length: 1 to 1024 bytes, not 0",
        "ValueError: 8193 rows, one call takes 8192", "ValueError: with message 1 it is 4194305 bytes, one call takes 4194304",
        "TypeError: message 9000 is int, bytes are wanted", "ValueError: public key 1 has 2 bytes, ML-KEM-768 takes 1184",
        "TypeError: public key 1 is NoneType, bytes are wanted", "RuntimeError: encapsulating to public key 1 failed",
        "RuntimeError: Can not encapsulate secret",
    ]  # fmt: skip
    assert told["rows"] == [
        "TypeError: expected a count and 4 arguments", "TypeError: expected a count and 4 arguments",
        "ValueError: -1 rows cannot be called", "ValueError: argument 1: 16 bytes hold no 2 rows of 9",
        "ValueError: argument 1: 16 bytes hold no 2 rows of -1", "TypeError: an integer is required",
        "ValueError: argument 1: 1 items for 2 rows", "TypeError: row 0, argument 3: float does not fit",
        "TypeError: argument 0: int does not fit", "TypeError: argument 1: bytes or a ctypes array, and a step, were expected", "[]",
    ]  # fmt: skip
