"""Every post-quantum algorithm, once round: keys, encapsulation or signature, wrong and senseless input.

main({"kind", "names": [...] or None}) returns one row per algorithm: what held, milliseconds and C stack per operation.

The stack of a wasm module lies above its static data and has no guard page: an overflow would silently overwrite data.
So its unused part is painted before each operation, and how deep the paint was scratched afterwards is measured.
"""

import os
import time
from typing import Any

import pyodide_js
from keriwasm.imports import native
from slices.pq import algorithms, operations

MODULE = pyodide_js._module
BASE = MODULE._emscripten_stack_get_base()
END = MODULE._emscripten_stack_get_end()
PAINT = 0xA5
MARGIN = 4096  # what painting itself may need below the current frame
MESSAGE = b"a message of some length " * 5


def stack_used() -> int:
    """Bytes of stack that were ever used since the last painting."""
    heap = MODULE.HEAPU8
    view = heap.subarray(END, BASE)
    # findIndex with a Python callback would cross the border ten million times: copy once, strip the paint.
    copy = view.slice().to_bytes()
    return len(copy.lstrip(bytes([PAINT])))


def measured(row: dict[str, Any], operation: str, work: Any) -> Any:
    MODULE.HEAPU8.fill(PAINT, END, MODULE._emscripten_stack_get_current() - MARGIN)
    started = time.perf_counter()
    result = work()
    row["ms"][operation] = round((time.perf_counter() - started) * 1000, 2)
    row["stack"] = max(row["stack"], stack_used())
    return result


def refused(work: Any, *args: Any) -> bool:
    """Whether it was refused, or answered without harm (a KEM answers senseless input with a senseless secret)."""
    try:
        work(*args)
    except operations.Refused:
        return True
    return False


def kem(algorithm: algorithms.Algorithm, row: dict[str, Any]) -> None:
    pair = measured(row, "keypair", lambda: operations.keypair(algorithm))
    made = measured(row, "encaps", lambda: operations.encapsulate(algorithm, pair.public))
    shared = measured(row, "decaps", lambda: operations.decapsulate(algorithm, pair.secret, made.ciphertext))
    sizes = {
        "public": len(pair.public),
        "secret": len(pair.secret),
        "ciphertext": len(made.ciphertext),
        "shared": len(shared),
    }
    wrong = bytearray(made.ciphertext)
    wrong[len(wrong) // 2] ^= 1
    row["held"] = {
        "sizes": sizes == algorithm.sizes,
        "agree": shared == made.shared,
        "fresh": operations.encapsulate(algorithm, pair.public).shared != shared,
        "implicit": operations.decapsulate(algorithm, pair.secret, bytes(wrong)) != shared,
    }
    for fill in (os.urandom, bytes):
        refused(operations.encapsulate, algorithm, fill(algorithm.public))
        refused(operations.decapsulate, algorithm, fill(algorithm.secret), fill(algorithm.ciphertext))


def sig(algorithm: algorithms.Algorithm, row: dict[str, Any]) -> None:
    pair = measured(row, "keypair", lambda: operations.keypair(algorithm))
    signature = measured(row, "sign", lambda: operations.sign(algorithm, pair.secret, MESSAGE))
    valid = measured(row, "verify", lambda: operations.verify(algorithm, pair.public, signature, MESSAGE))
    row["held"] = checks(algorithm, pair, signature, valid)
    if row["ms"]["sign"] < 200:
        refused(operations.sign, algorithm, os.urandom(algorithm.secret), MESSAGE)
        empty = operations.sign(algorithm, pair.secret, b"")
        row["held"]["empty"] = operations.verify(algorithm, pair.public, empty, b"")
        if algorithm.context:
            bound = operations.sign(algorithm, pair.secret, MESSAGE, b"purpose")
            row["held"]["context"] = (
                operations.verify(algorithm, pair.public, bound, MESSAGE, b"purpose")
                and not operations.verify(algorithm, pair.public, bound, MESSAGE)
                and not operations.verify(algorithm, pair.public, bound, MESSAGE, b"other")
            )


def stfl(algorithm: algorithms.Algorithm, row: dict[str, Any]) -> None:
    pair = measured(row, "keypair", lambda: operations.keypair(algorithm))
    made = measured(row, "sign", lambda: operations.stateful_sign(algorithm, pair.secret, MESSAGE))
    valid = measured(row, "verify", lambda: operations.verify(algorithm, pair.public, made.signature, MESSAGE))
    again = operations.stateful_sign(algorithm, made.secret, MESSAGE)
    row["held"] = {
        **checks(algorithm, pair, made.signature, valid),
        "advances": made.secret != pair.secret and again.secret != made.secret and again.signature != made.signature,
        "counts": [made.remaining, again.remaining] == [signatures(algorithm) - 1, signatures(algorithm) - 2],
        "again": operations.verify(algorithm, pair.public, again.signature, MESSAGE),
        "senseless key": refused(operations.stateful_sign, algorithm, os.urandom(algorithm.secret), MESSAGE),
    }
    if algorithm.name == "XMSS-SHA2_10_256":  # to the end, where liboqs' own count wraps
        left = [again.remaining]
        while left[-1]:
            again = operations.stateful_sign(algorithm, again.secret, MESSAGE)
            left.append(again.remaining)
        row["held"]["to the last"] = left == list(range(1022, -1, -1)) and refused(
            operations.stateful_sign, algorithm, again.secret, MESSAGE)


def signatures(algorithm: algorithms.Algorithm) -> int:
    """How many a key gives in all: 2 to the height, which stands in the name (XMSS-SHA2_10_256, XMSSMT-SHA2_20/2_256)."""
    return 1 << int(algorithm.name.split("_")[1].split("/")[0])


def checks(algorithm: algorithms.Algorithm, pair: operations.KeyPair, signature: bytes, valid: bool) -> dict[str, bool]:
    wrong = bytearray(signature)
    wrong[len(wrong) // 2] ^= 1
    length = len(signature)
    return {
        "sizes": (len(pair.public), len(pair.secret)) == (algorithm.public, algorithm.secret)
        and (0 < length <= algorithm.signature if algorithm.variable_signature else length == algorithm.signature),
        "valid": valid,
        "wrong message": not operations.verify(algorithm, pair.public, signature, MESSAGE + b"!"),
        "wrong signature": not operations.verify(algorithm, pair.public, bytes(wrong), MESSAGE),
        "random signature": not operations.verify(algorithm, pair.public, os.urandom(length), MESSAGE),
        "random key": not operations.verify(algorithm, os.urandom(algorithm.public), signature, MESSAGE),
        "zeros": not operations.verify(algorithm, bytes(algorithm.public), bytes(length), MESSAGE),
    }


def lms(algorithm: algorithms.Algorithm, row: dict[str, Any]) -> None:
    """The wrapper only verifies LMS. To have something to verify, sign by the library below it."""
    import ctypes

    oqs = native.oqs()
    signer = oqs.StatefulSignature(algorithm.name)
    public = signer.generate_keypair()
    # liboqs insists on a context for the callback that stores the advanced key; the wrapper gives none.
    context = ctypes.create_string_buffer(1)
    oqs.native().OQS_SIG_STFL_SECRET_KEY_SET_store_cb(signer._secret_key, signer._store_cb, ctypes.byref(context))
    signature = ctypes.create_string_buffer(algorithm.signature)
    length = ctypes.c_size_t(algorithm.signature)
    status = oqs.native().OQS_SIG_STFL_sign(
        signer._sig, signature, ctypes.byref(length), MESSAGE, len(MESSAGE), signer._secret_key
    )
    assert status == 0, status
    made = signature.raw[: length.value]
    valid = measured(row, "verify", lambda: operations.verify(algorithm, public, made, MESSAGE))
    row["held"] = checks(algorithm, operations.KeyPair(public, bytes(algorithm.secret)), made, valid)


def senseless(algorithm: algorithms.Algorithm, row: dict[str, Any]) -> None:
    """Too tall a tree to make a key of: only that verifying something senseless ends well."""
    row["held"] = {
        "random": not measured(
            row,
            "verify",
            lambda: operations.verify(
                algorithm, os.urandom(algorithm.public), os.urandom(algorithm.signature), MESSAGE
            ),
        )
    }


def main(args: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for name, algorithm in algorithms.catalogue()[args["kind"]].items():
        if args["names"] is not None and name not in args["names"]:
            continue
        reasons = {
            op: reason for op in algorithms.steps(algorithm.kind) if (reason := algorithms.refusal(algorithm, op))
        }
        row: dict[str, Any] = {"name": name, "ms": {}, "stack": 0, "held": {}, "refused": reasons}
        print(name, flush=True)
        if algorithm.family in ("LMS", "HSS/LMS"):
            (lms if name in args.get("lms", ()) else senseless)(algorithm, row)
        elif reasons:
            senseless(algorithm, row)
        else:
            {"kem": kem, "sig": sig, "stfl": stfl}[algorithm.kind](algorithm, row)
        rows.append(row)
    return rows
