"""libsodium with its whole ("sumo") interface as a side module, on wasm SIMD, for unmodified pysodium.

No configure script runs: what it would find under Emscripten is written down in _CONFIGURED. The SIMD build takes
libsodium's Intel code paths (SSE2, SSSE3, SSE4.1), whose intrinsics Emscripten's headers translate to wasm SIMD. Beside
the build that PyPI's pychloride carries (1.0.18, plain) that made signing 1.2, XChaCha20-Poly1305 1.9, secretbox 2.6
and Argon2id 1.3 times as fast. The library initialises itself when it is loaded.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..compiler import SSE41
from . import CTYPES_TAG, Context, Product, edit, metadata

_CONFIGURED = [
    "-DCONFIGURED=1", "-DDEV_MODE=1", "-DNATIVE_LITTLE_ENDIAN=1", "-DHAVE_WEAK_SYMBOLS=1", "-D_GNU_SOURCE",
    *(f"-DHAVE_{name}" for name in (
        "C_VARARRAYS", "ALLOCA_H", "ALLOCA", "POSIX_MEMALIGN", "EXPLICIT_BZERO", "SYSCONF", "GETPID", "NANOSLEEP",
        "SYS_RANDOM_H",
    )),
]
# HAVE_TI_MODE (128-bit integers) is left out on purpose: wasm has none, and emulating them halves Ed25519.

_INTEL_HEADERS = [f"-DHAVE_{name}MMINTRIN_H" for name in ("", "E", "P", "T", "S")]

_RANDOM_H = """\
/* Fresh entropy for every call, from getentropy: in Pyodide that is crypto.getRandomValues, or Node's equal of it.
   libsodium's own code for Emscripten is JavaScript inside EM_ASM, which a side module cannot carry; this is the door
   that it has for platforms with a safe arc4random. Nothing is buffered, so that a worker restored from a memory
   snapshot cannot repeat what another draws. */
#define HAVE_SAFE_ARC4RANDOM 1
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
static inline void arc4random_buf(void *buffer, size_t size) {
  unsigned char *at = buffer;
  while (size > 0) {
    size_t part = size > 256 ? 256 : size; /* getentropy gives no more at a time */
    if (getentropy(at, part) != 0) __builtin_trap();
    at += part;
    size -= part;
  }
}
static inline uint32_t arc4random(void) {
  uint32_t value;
  arc4random_buf(&value, sizeof value);
  return value;
}
"""

_INIT_C = """\
/* libsodium chooses its vector code in sodium_init, and pysodium never calls it (it only offers it): without this all
   would run on the portable code, which takes up to twice as long (XChaCha20-Poly1305). A second call is harmless. */
#include "sodium.h"
__attribute__((constructor)) static void keriwasm_init(void) {
  if (sodium_init() < 0) __builtin_trap();
}
"""


def build(context: Context) -> Product:
    root = context.source()
    source = root / "src/libsodium"
    _write_version_header(root)
    (source / "keriwasm_random.h").write_text(_RANDOM_H)
    (source / "keriwasm_init.c").write_text(_INIT_C)
    flags = [*_CONFIGURED, "-I", "include/sodium", "-I", "include"]
    if context.simd:
        flags += [*SSE41, *_INTEL_HEADERS]
        _correct_argon2(source)
        _claim_cpu_features(source)
    names = sorted(path.relative_to(source).as_posix() for path in source.rglob("*.c"))
    compiler = context.compiler(source, flags)
    objects = compiler.objects({name: _extra_flags(name) for name in names})
    library = compiler.link(objects, soname="libsodium.so")
    summary = "libsodium as a WebAssembly side module, for pysodium in Pyodide"
    licence = {"LICENSE": (root / "LICENSE").read_bytes()}
    return Product(CTYPES_TAG, metadata(context.built, summary), {"libsodium.so": library}, licence)


def _extra_flags(name: str) -> list[str]:
    if name.startswith("randombytes/"):
        return ["-U__EMSCRIPTEN__", "-include", "keriwasm_random.h"]
    if "/blake2b/" in name:
        # clang vectorises the reference BLAKE2b better than the intrinsics come out after their translation.
        return ["-UHAVE_EMMINTRIN_H", "-UHAVE_TMMINTRIN_H", "-UHAVE_SMMINTRIN_H"]
    return []


def _write_version_header(root: Path) -> None:
    """What configure does: version.h from version.h.in."""
    configure = (root / "configure.ac").read_text()

    def find(pattern: str) -> str:
        found = re.search(pattern, configure, re.M)
        if found is None:
            raise ValueError(f"libsodium's configure.ac has no {pattern}")
        return found[1]

    values = {
        "VERSION": find(r"AC_INIT\(\[libsodium\],\[([0-9.]+)"),
        "SODIUM_LIBRARY_VERSION_MAJOR": find(r"^SODIUM_LIBRARY_VERSION_MAJOR=([0-9]+)"),
        "SODIUM_LIBRARY_VERSION_MINOR": find(r"^SODIUM_LIBRARY_VERSION_MINOR=([0-9]+)"),
        "SODIUM_LIBRARY_MINIMAL_DEF": "",  # not minimal: everything
    }
    header = root / "src/libsodium/include/sodium/version.h"
    text = header.with_name("version.h.in").read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    header.write_text(text)


def _correct_argon2(source: Path) -> None:
    """Upstream's bug in 1.0.22: wrong Argon2 hashes on wasm SIMD.

    BlaMka (Argon2 specification, section 3.6) multiplies the low 32 bits of each 64-bit lane. wasm's
    `extmul_low_u32x4` multiplies the 32-bit lanes 0 and 1, which are the low and high half of the first 64-bit lane. So
    the low halves (32-bit lanes 0 and 2) are shuffled to the front first.
    """
    low = "wasm_i32x4_shuffle({0}, {0}, 0, 2, 0, 2)"
    edit(
        source / "crypto_pwhash/argon2/blamka-round-wasm32.h",
        "wasm_u64x2_extmul_low_u32x4(x, y)",
        f"wasm_u64x2_extmul_low_u32x4({low.format('x')}, {low.format('y')})",
    )


def _claim_cpu_features(source: Path) -> None:
    """wasm has no cpuid: what was compiled is what there is, so the run-time choice must pick the Intel code paths."""
    call = "_sodium_runtime_intel_cpu_features(&_cpu_features);"
    features = " = ".join(f"_cpu_features.has_{name}" for name in ("sse2", "ssse3", "sse41"))
    edit(source / "sodium/runtime.c", call, f"{call} {features} = 1;")
