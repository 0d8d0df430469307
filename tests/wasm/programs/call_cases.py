"""What the two ways into a wasm library make of the same arguments: `wasm_calls`, and ctypes with its guard.

The library is one that tells what arrived: (32 bits, 64 bits, where to write both) -> the first one.
"""

from __future__ import annotations

import ctypes
import sys

import wasm_calls
from keriwasm.imports import native
from keriwasm.imports.wasm_ctypes import WasmCDLL, install

TEXT = b"twelve bytes and more"


class Eight(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint32), ("high", ctypes.c_uint32)]


class Speaks:
    """What ctypes asks for its place."""

    def __init__(self, value):
        self._as_parameter_ = value


class Own(ctypes.c_uint):
    pass


class Whole(int):
    pass


def values(echo):
    """name -> an argument."""
    whole = [0, 1, 5, -1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, -(2**31), -(2**31) - 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64,
             -(2**63), -(2**63) - 1, 10**30, True, Whole(7), Whole(2**40)]  # fmt: skip
    found = {f"int {number}": number for number in whole}
    for kind in ("c_byte", "c_ubyte", "c_short", "c_ushort", "c_int", "c_uint", "c_long", "c_ulong", "c_size_t",
                 "c_longlong", "c_ulonglong", "c_void_p", "c_bool"):  # fmt: skip
        found |= {f"{kind} {number}": getattr(ctypes, kind)(number) for number in whole[:-2]}
    room = ctypes.create_string_buffer(TEXT, 40)
    return found | {
        "None": None, "bytes": TEXT, "no bytes": b"", "bytearray": bytearray(TEXT), "memoryview": memoryview(TEXT),
        "str": "twelve", "float": 5.0, "c_float": ctypes.c_float(5), "c_double": ctypes.c_double(5),
        "c_char": ctypes.c_char(b"t"), "c_char_p": ctypes.c_char_p(TEXT), "empty c_char_p": ctypes.c_char_p(),
        "c_wchar_p": ctypes.c_wchar_p("twelve"), "empty c_void_p": ctypes.c_void_p(), "buffer": room,
        "array over bytearray": (ctypes.c_ubyte * 21).from_buffer(bytearray(TEXT)), "array of none": (ctypes.c_char * 0)(),
        "byref": ctypes.byref(room), "byref and offset": ctypes.byref(room, 3), "byref far": ctypes.byref(room, -8),
        "pointer": ctypes.pointer(room), "null pointer": ctypes.POINTER(ctypes.c_int)(),
        "cast": ctypes.cast(room, ctypes.POINTER(ctypes.c_ubyte)), "from_param": ctypes.c_uint.from_param(5),
        "c_longlong.from_param": ctypes.c_longlong.from_param(5), "c_void_p.from_param": ctypes.c_void_p.from_param(TEXT),
        "structure": Eight(5, 0), "byref of structure": ctypes.byref(Eight(5, 0)), "own kind": Own(5),
        "_as_parameter_": Speaks(5), "_as_parameter_ bytes": Speaks(TEXT), "pointer to function": echo._as_parameter_,
        "function": echo, "object": object(), "list": [1], "decimal text": "5",
    }  # fmt: skip


def asked(call, *arguments):
    """What the library was given, or what Python said."""
    out = (ctypes.c_int64 * 2)(-77, -77)
    try:
        result = call(*arguments, out)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"{result}: {out[0]:x} {out[1]:x}"


def results(function):
    """What a declared result does: signed by default, unsigned, none, a callable, an address; errcheck; and back."""
    out = (ctypes.c_int64 * 2)()
    found = [[function.direct, function(-2, 0, out)]]
    for restype in (ctypes.c_uint32, None, ctypes.c_bool, lambda number: number - 10, ctypes.c_void_p, ctypes.c_int):
        function.restype = restype
        found.append([function.direct, function(-2, 0, out)])
    function.errcheck = lambda result, call, arguments: [result, len(arguments)]
    found.append([function.direct, function(-2, 0, out)])
    del function.errcheck
    function.argtypes = [ctypes.c_double]
    found.append([function.direct, function(-2, 0, out)])
    return found


def leaks(echo):
    """How many references 1000 calls of each kind left behind."""
    out = (ctypes.c_int64 * 2)()
    size, offset, wrong = ctypes.c_ulonglong(5), ctypes.byref(out, 8), Eight(1, 2)
    held = (out, size, offset, TEXT, wrong, echo, echo._as_parameter_, ctypes.c_ulonglong)
    before = [sys.getrefcount(held[at]) for at in range(len(held))]
    for _ in range(1000):
        echo(TEXT, size, out)
        echo(offset, 5, out)
        asked(echo, wrong, size)
        asked(echo, TEXT, TEXT)
    return [sys.getrefcount(held[at]) - count for at, count in enumerate(before)]


def main(args):
    install()
    echo = WasmCDLL(args["library"]).echo
    slow = echo._as_parameter_
    different, refused, count = [], 0, 0
    for name, value in values(echo).items():
        for way, arguments in {"32 bits": (value, 0), "64 bits": (0, value), "one more": (value, 0, 0), "alone": (value,)}.items():
            if isinstance(value, str) and way == "32 bits":
                continue  # ctypes makes a wide copy for each call: another address each time
            here, there = asked(echo, *arguments), asked(slow, *arguments)
            count += 1
            refused += "Error" in there
            if here != there:
                different.append([name, way, here, there])
    sodium, oqs = native.pysodium().sodium, native.oqs().native()
    return {
        "different": different,
        "count": count,
        "refused": refused,
        "signatures": sorted({str(one) for library in (sodium, oqs) for one in library._signatures.values()}),
        "shapes": sorted(wasm_calls.SHAPES),
        "direct": [sodium.crypto_aead_xchacha20poly1305_ietf_encrypt.direct, oqs.OQS_KEM_encaps.direct, oqs.OQS_SIG_sign.direct],
        "results": results(WasmCDLL(args["library"])["echo"]),
        "leaks": leaks(echo),
    }
