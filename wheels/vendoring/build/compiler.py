"""Compiling and linking wasm side modules with the flags that Emscripten and Pyodide use."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .toolchain import Toolchain

JOBS = 2

_CODEGEN = [
    "--target=wasm32-unknown-emscripten", "-O3", "-fPIC", "-fvisibility=default", "-fignore-exceptions",
    # What emcc passes to clang for every compilation, so that the code generator works as in Emscripten's own builds.
    "-mllvm", "-combiner-global-alias-analysis=false", "-mllvm", "-disable-lsr",
    "-D__EMSCRIPTEN_SHARED_LIBRARIES__=1", "-nostdinc", "-w",
]

SIMD = ["-msimd128"]
"""Every browser engine has had wasm SIMD since 2023 at the latest, so there is no second build for those without."""

SSE41 = [*SIMD, *(f"-D__{level}__=1" for level in ("SSE", "SSE2", "SSE3", "SSSE3", "SSE4_1"))]
"""Intel intrinsics on wasm SIMD: Emscripten's compat headers translate them. clang has no -msse4.1 for wasm (emcc
swallows it), so the macros that it would define are defined here."""

_LINK = [
    "-shared", "-Bdynamic", "--experimental-pic", "--unresolved-symbols=import-dynamic", "--import-memory",
    "--strip-all", "-Bsymbolic", "--stack-first",
]

EXTENSION = ["-DNDEBUG", "-DPY_CALL_TRAMPOLINE", "-fno-strict-overflow"]
"""What Pyodide's own sysconfig says for extension modules."""


class CompileError(Exception):
    """The compiler or linker failed; the message holds the end of what it said."""


@dataclass
class Compiler:
    """Compiles files of a source tree that was copied to ``work``; only names relative to it reach the output."""

    chain: Toolchain
    work: Path
    flags: list[str] = field(default_factory=list)

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(
            [str(part) for part in command], cwd=self.work, env=self.chain.environment, capture_output=True, text=True,
            check=False,
        )
        if done.returncode:
            raise CompileError(f"{command[0]} ... {command[-1]} failed:\n{done.stderr.strip()[-3000:]}")

    def _includes(self) -> list[str | Path]:
        """System headers in emcc's order: compat, clang's own, Emscripten's, musl's."""
        system = self.chain.system
        musl = system / "lib/libc/musl"
        folders = [
            system / "include/compat", self.chain.clang_headers, system / "include",
            musl / "arch/emscripten", musl / "arch/generic", musl / "include",
        ]
        return [part for folder in folders for part in ("-isystem", folder)]

    def objects(self, sources: dict[str, list[str]]) -> list[str]:
        """Compile each source with the flags of its own beside the common ones; the objects' names, sorted."""
        prefix_map = [f"-ffile-prefix-map={self.work}=.", f"-ffile-prefix-map={self.chain.root}=toolchain"]

        def one(item: tuple[str, list[str]]) -> str:
            source, extra = item
            output = source.replace("/", "_").removesuffix(".c") + ".o"
            self._run(self.chain.clang, *_CODEGEN, *prefix_map, *self._includes(), *self.flags, *extra,
                      "-o", output, "-c", source)
            return output

        with ThreadPoolExecutor(JOBS) as pool:
            return sorted(pool.map(one, sorted(sources.items())))

    def link(self, objects: list[str], *, exports: list[str] | None = None, soname: str | None = None) -> bytes:
        """Link a side module that exports ``exports``, or every public symbol when None, and return its bytes."""
        wanted = [f"--export={name}" for name in exports or ()]
        options = ["--export-dynamic"] if exports is None else ["--no-export-dynamic", *wanted]
        if soname:
            options += ["-soname", soname]
        self._run(self.chain.linker, *_LINK, *options, *objects, "-o", "linked.so")
        return (self.work / "linked.so").read_bytes()
