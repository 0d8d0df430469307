"""The ctypes adapter: what would trap the runtime without it works or raises, and then the runtime still lives."""

from __future__ import annotations

PRELUDE = """
import ctypes, ctypes.util
from keriwasm.imports import native, wasm_ctypes
native.pysodium()
path = ctypes.util.find_library("sodium")

def raised(call, *args):
    try:
        call(*args)
    except Exception as error:
        return type(error).__name__
    return "nothing"
"""


def test_wrong_widths_are_converted(pyodide):
    """Every way in which a wrapper written on x86-64 gets a width wrong, on one function: sha256(out, in, u64 length)."""
    program = (
        PRELUDE
        + """
def main(args):
    import hashlib
    lib = ctypes.cdll.LoadLibrary(path)
    out = ctypes.create_string_buffer(32)
    data, found = b"abc", []
    for length in (3, True + 2, ctypes.c_size_t(3), ctypes.c_ulonglong(3), ctypes.c_int(3), ctypes.c_ubyte(3)):
        lib.crypto_hash_sha256(out, data, length)
        found.append(out.raw == hashlib.sha256(data).digest())
    # A size_t parameter (32 bits in wasm) given as 64 bits wide, and pointers in all their forms.
    for buffer in (out, ctypes.byref(out), ctypes.pointer(out), ctypes.addressof(out), ctypes.cast(out, ctypes.c_void_p)):
        for size in (32, ctypes.c_ulonglong(32), ctypes.c_size_t(32)):
            before = out.raw
            lib.randombytes_buf(buffer, size)
            found.append(out.raw != before)
    # What a wrapper declares does not matter, whenever it does.
    lib.randombytes_buf.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
    lib.randombytes_buf.restype = ctypes.c_uint64
    lib.randombytes_buf(out, 32)
    found.append(lib.randombytes_buf.restype is None)
    lib.crypto_sign_bytes.restype = ctypes.c_uint64
    found.append(lib.crypto_sign_bytes() == 64)
    lib.sodium_version_string.restype = ctypes.c_char_p
    found.append(lib.sodium_version_string() == b"1.0.22")
    return found
"""
    )
    assert set(pyodide.run(program)) == {True}


def test_what_does_not_fit_raises_and_the_runtime_lives(pyodide):
    program = (
        PRELUDE
        + """
def main(args):
    lib = ctypes.CDLL(path)
    out = ctypes.create_string_buffer(32)
    found = [
        raised(lib.randombytes_buf, out, 1 << 32),
        raised(lib.randombytes_buf, out, -(1 << 31) - 1),
        raised(lib.crypto_hash_sha256, out, b"", 1 << 64),
        raised(lib.crypto_hash_sha256, out, b"", "3"),
        raised(lib.crypto_hash_sha256, out, b""),
        raised(lib.randombytes_buf, 1.5, 32),
        raised(lambda: lib.no_such_function),
        raised(setattr, lib.crypto_pwhash_opslimit_max, "restype", print),
    ]
    lib.crypto_hash_sha256(out, b"", 0)
    return [found, out.raw.hex()]
"""
    )
    found, digest = pyodide.run(program)
    assert found == [
        *["ArgumentError"] * 4, "TypeError", "ArgumentError", "AttributeError", "nothing",
    ]  # fmt: skip
    assert digest == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_signatures_are_the_librarys_own(pyodide):
    program = (
        PRELUDE
        + """
def main(args):
    names = wasm_ctypes.signatures(open(path, "rb").read())
    return {name: [names[name].params.hex(), names[name].results.hex()] for name in args} | {"count": len(names)}
"""
    )
    found = pyodide.run(program, ["crypto_hash_sha256", "randombytes_buf", "sodium_version_string"])
    assert found["crypto_hash_sha256"] == ["7f7f7e", "7f"]
    assert found["randombytes_buf"] == ["7f7f", ""]
    assert found["sodium_version_string"] == ["", "7f"]
    assert found["count"] > 700


def test_a_missing_library_says_so(pyodide):
    """Without its wheel, oqs would start a countdown and git; native names the missing wheel instead."""
    program = """
def main(args):
    from keriwasm.imports import native
    said = []
    for load in (native.oqs, native.pysodium):
        try:
            load()
        except ImportError as error:
            said.append(str(error))
    return said
"""
    without = [wheel for wheel in pyodide.wheels if not wheel.name.startswith(("liboqs_wasm", "libsodium"))]
    said = pyodide.run(program, wheels=without)
    assert [text.split()[0] for text in said] == ["liboqs.so", "libsodium.so"]


def test_libsodium_is_initialised_when_loaded(pyodide):
    """pysodium never calls sodium_init, which picks the vector code: a first call must find it done (it returns 1)."""
    program = (
        PRELUDE
        + """
def main(args):
    return ctypes.CDLL(path).sodium_init()
"""
    )
    assert pyodide.run(program) == 1
