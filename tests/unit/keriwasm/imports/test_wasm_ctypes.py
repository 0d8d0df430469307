"""Reading a wasm library's own signatures, which runs anywhere."""

from __future__ import annotations

import ctypes
import io
import sys
import zipfile
from pathlib import Path

import pytest
from keriwasm.imports import wasm_ctypes

ROOT = Path(__file__).resolve().parents[4]


def leb(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def vector(items: list[bytes]) -> bytes:
    return leb(len(items)) + b"".join(items)


def text(value: str) -> bytes:
    return leb(len(value)) + value.encode()


def section(number: int, body: bytes) -> bytes:
    return bytes([number]) + leb(len(body)) + body


def module(*sections: bytes) -> bytes:
    return b"\0asm\1\0\0\0" + b"".join(sections)


I32, I64, F32, F64 = b"\x7f", b"\x7e", b"\x7d", b"\x7c"


def function_type(params: bytes, results: bytes) -> bytes:
    return b"\x60" + leb(len(params)) + params + leb(len(results)) + results


def test_imports_of_every_kind_and_long_indices():
    """Imported functions shift the indices of the library's own; tables, memories, globals and tags do not."""
    types = [function_type(b"", b""), function_type(I32 + I64 + F32 + F64, I64)] + [function_type(I32, b"")] * 200
    imports = [
        text("env") + text("f") + b"\0" + leb(150),
        text("env") + text("t") + b"\1\x70\1" + leb(300) + leb(400),
        text("env") + text("m") + b"\2\0" + leb(70_000),
        text("GOT") + text("g") + b"\3\x7f\1",
        text("env") + text("e") + b"\4\0" + leb(0),
        text("env") + text("h") + b"\0" + leb(0),
    ]
    functions = [leb(1)] + [leb(150)] * 300
    exports = [
        text("wide") + b"\0" + leb(2), text("last") + b"\0" + leb(302), text("memory") + b"\2" + leb(0),
        text("imported") + b"\0" + leb(1),
    ]  # fmt: skip
    data = module(
        section(0, text("dylink.0") + b"\1\2\3"), section(1, vector(types)), section(2, vector(imports)),
        section(3, vector(functions)), section(7, vector(exports)), section(10, b"\0"),
    )  # fmt: skip
    assert wasm_ctypes.signatures(data) == {
        "wide": (I32 + I64 + F32 + F64, I64), "last": (I32, b""), "imported": (b"", b""),
    }  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"\x7fELF\1\1\1\0", b"\0asm\2\0\0\0", module(section(1, vector([b"\x5f"])))])
def test_what_is_no_wasm_library_is_refused(data):
    with pytest.raises(ValueError, match=r"wasm|WebAssembly"):
        wasm_ctypes.signatures(data)


def test_the_libraries_that_are_shipped():
    found = {}
    for wheel in (ROOT / "static/wheels").glob("lib*_wasm32.whl"):
        with zipfile.ZipFile(io.BytesIO(wheel.read_bytes())) as archive:
            for name in archive.namelist():
                if name.endswith(".so"):
                    found[name] = wasm_ctypes.signatures(archive.read(name))
    sodium, oqs = found["libsodium.so"], found["liboqs.so"]
    assert sodium["crypto_sign_detached"] == (I32 * 3 + I64 + I32, I32)
    assert sodium["crypto_pwhash"] == (I32 + I64 + I32 + I64 + I32 + I64 + I32 + I32, I32)
    assert sodium["crypto_secretbox_easy"] == (I32 * 2 + I64 + I32 * 2, I32)
    assert oqs["OQS_SIG_sign"] == (I32 * 6, I32)
    # The sumo build: what the minimal one leaves out is there.
    assert {"crypto_pwhash_scryptsalsa208sha256", "crypto_stream_salsa2012", "crypto_core_ed25519_add"} <= sodium.keys()


def test_install_does_nothing_off_wasm():
    before = ctypes.CDLL, ctypes.cdll._dlltype
    wasm_ctypes.install()
    assert (ctypes.CDLL, ctypes.cdll._dlltype) == before
    assert sys.platform != "emscripten"
