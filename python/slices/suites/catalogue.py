"""The suites: what each one proves, where its tests come from, and what of it is left out, with the reason.

Test files are upstream's, unmodified, out of the source distributions that static/lock.json pins (static/suites/); those
of `OWN` are ours. Nothing is fetched or imported before a suite is first collected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

EFFORTS = ("quick", "standard", "full")
"""How much of a suite runs. Each rule says from which effort on its tests run; what is left out is reported as skipped."""

NEVER = "never"
"""The effort of a rule whose tests cannot run here at all."""


@dataclass(frozen=True)
class Rule:
    """Tests whose id matches `pattern` run from the effort `runs_at` on; below it they are skipped for `reason`."""

    pattern: str
    reason: str
    runs_at: str = NEVER

    def leaves_out(self, test: str, effort: str) -> bool:
        """Whether a test (its id without its module) is skipped at this effort."""
        if self.runs_at != NEVER and EFFORTS.index(effort) >= EFFORTS.index(self.runs_at):
            return False
        return re.match(self.pattern, test) is not None


@dataclass(frozen=True)
class Suite:
    """One suite.

    Attributes:
        proves: one sentence for people
        source: package and version whose tests they are, or "KeriWasm"
        archives: files below static/suites that hold them (and what they import), fetched at first use
        files: files of python/suites that hold tests of our own, fetched at first use
        path: folder in the unpacked archives that goes on sys.path
        modules: test modules in their order
        prepare: functions of keriwasm.imports.native to call before they are imported
        missing: modules that a test file imports at its top and that no browser has; their tests are left out by a rule
        once: its tests change constants of their own code (bytes, in place, by a C function), so that a second run of them in
            the same worker would fail: they are imported anew for each run
        tests: how many there are, counted when this catalogue was written; a collection of another number is reported
        seconds: (pattern, estimate) for the first run: spreads slow tests evenly before anything was measured
    """

    name: str
    title: str
    proves: str
    source: str
    modules: tuple[str, ...]
    tests: int
    archives: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    path: str = ""
    prepare: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    once: bool = False
    seconds: tuple[tuple[str, float], ...] = field(default=(), repr=False)

    def left_out(self, test: str, effort: str) -> str | None:
        """The reason why a test is skipped at this effort, or None."""
        name = test.partition(".")[2]
        return next((rule.reason for rule in self.rules if rule.leaves_out(name, effort)), None)

    def estimate(self, test: str) -> float:
        """Seconds that a test may take, before anybody has measured it here."""
        return next((seconds for pattern, seconds in self.seconds if re.search(pattern, test)), 0.02)


# SLH-DSA with a hash of the message before it: 12 hashes times 12 parameter sets, one in SLH-DSA's code. Each hash and
# each parameter set comes once in these pairs.
_HASHES = (
    "SHA2_224", "SHA2_256", "SHA2_384", "SHA2_512", "SHA2_512_224", "SHA2_512_256",
    "SHA3_224", "SHA3_256", "SHA3_384", "SHA3_512", "SHAKE_128", "SHAKE_256",
)  # fmt: skip
_SETS = tuple(f"{family}_{bits}{speed}" for family in ("SHA2", "SHAKE") for bits in (128, 192, 256) for speed in "FS")
_PAIRS = "|".join(f"{pre}_PREHASH_{parameters}" for pre, parameters in zip(_HASHES, _SETS, strict=True))

_OQS = ("liboqs_python-0.16.0.1.zip",)
_QUICK = "it is slow (0.3 s or more): the quick effort leaves it out"

SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite(
            name="smoke",
            title="Smoke",
            proves="Every package that the workers carry imports and does its main thing.",
            source="KeriWasm",
            files=("smoke.py",),
            modules=("smoke",),
            tests=17,
        ),
        Suite(
            name="pysodium",
            title="pysodium",
            proves="libsodium 1.0.22 (SIMD) answers pysodium’s own tests: boxes, signatures, AEADs, hashes, Ristretto.",
            source="pysodium 0.7.19",
            archives=("pysodium-0.7.19.zip",),
            path="test",
            modules=("test_pysodium",),
            tests=72,
            prepare=("pysodium",),
            once=True,
            seconds=((r"pwhash", 1.5),),
        ),
        Suite(
            name="blake3",
            title="BLAKE3",
            proves="The C implementation on wasm SIMD matches the official vectors and passes its package’s tests.",
            source="blake3 1.0.11",
            archives=("blake3-1.0.11.zip",),
            path="tests",
            modules=("test_blake3",),
            tests=28,
            prepare=("blake3",),
            missing=("numpy",),
            rules=(
                Rule("test_example_dot_py", "it starts a subprocess, which a browser has not"),
                Rule("test_reentrancy_deadlock", "it starts threads, which Pyodide has not"),
                Rule("test_strided_array_fails", "it needs numpy, which has no wasm wheel on PyPI"),
            ),
        ),
        Suite(
            name="liboqs-kem",
            title="liboqs: KEMs",
            proves="Every key encapsulation that liboqs has enabled agrees with itself and refuses what is wrong.",
            source="liboqs-python 0.16.0.1",
            archives=_OQS,
            path="tests",
            modules=("test_kem", "test_install"),
            tests=79,
            prepare=("oqs",),
            rules=(
                Rule(r"test_wrong_\w+\[Classic-McEliece-[468]",
                     "it makes a key for each check (up to half a minute); its correctness is checked", "full"),
                Rule(r"test_\w+\[Classic-McEliece", _QUICK, "standard"),
                Rule(r"test_\w+\[FrodoKEM", _QUICK, "standard"),
            ),
            seconds=((r"Classic-McEliece-[68]", 8.0), (r"Classic-McEliece", 2.0), (r"FrodoKEM|HQC", 0.2)),
        ),
        Suite(
            name="liboqs-sig",
            title="liboqs: signatures",
            proves="Every signature scheme of liboqs, with and without context strings, verifies its own and nothing else.",
            source="liboqs-python 0.16.0.1",
            archives=_OQS,
            path="tests",
            modules=("test_sig",),
            tests=1048,
            prepare=("oqs",),
            rules=(
                Rule(rf"test_(wrong_\w+|correctness_with_ctx_str)\[SLH_DSA_(?!({_PAIRS})\]).*PREHASH",
                     "slow, and only the hash of the message differs: every hash and parameter set is tried, not every pair",
                     "full"),
                Rule(r"test_\w+\[(SLH_DSA|SPHINCS|cross-|OV-|SNOVA|MAYO-5)", _QUICK, "standard"),
            ),
            seconds=(
                (r"SLH_DSA.*(192|256)S|SPHINCS.*(192|256)s", 2.5), (r"SLH_DSA.*S\]|SPHINCS.*s-", 1.5),
                (r"SLH_DSA|SPHINCS", 0.15), (r"cross-|OV-|SNOVA", 0.3),
            ),
        ),
        Suite(
            name="liboqs-stateful",
            title="liboqs: stateful signatures",
            proves="XMSS and XMSSMT keys sign, count down and refuse what is wrong. LMS is verify-only in liboqs.",
            source="liboqs-python 0.16.0.1",
            archives=(*_OQS, "pyasn1-0.6.5-py3-none-any.whl", "pyasn1_alt_modules-0.4.10-py3-none-any.whl"),
            path="tests",
            modules=("test_stfl_sig",),
            tests=151,
            prepare=("oqs",),
            rules=(
                Rule(r"test_\w+\[XMSS-(SHA2|SHAKE256)_16_(256|192)\]",
                     "its source distribution has no key for it, and making one (65,536 leaves) takes 3 to 10 minutes"),
                Rule(r"test_\w+\[XMSSMT-\w+_(40/4|60/6)_",
                     "it makes a key of 4 to 6 thousand leaves (20 s to 2 min)", "full"),
                Rule(r"test_wrong_\w+\[(XMSS-.*_10_|XMSSMT-SHAKE_20/2_|XMSSMT-SHA2_20/2_)",
                     "it makes a key of 1024 leaves or more for each check (3 to 15 s); its correctness is checked", "full"),
                Rule(r"test_\w+\[(XMSS-.*_10_|XMSSMT-\w+_20/)", "it makes a key of 1024 leaves or more (3 to 15 s)", "standard"),
            ),
            seconds=(
                (r"_(40/4|60/6)_", 60.0), (r"_20/2_", 8.0), (r"_20/4_", 1.0), (r"XMSS-\w+_10_(512|192)", 6.0),
                (r"XMSS-\w+_10_", 4.0),
            ),
        ),
        Suite(
            name="lmdb",
            title="lmdb",
            proves="The in-page lmdb behaves as py-lmdb’s own tests demand: environments, transactions, cursors, duplicates.",
            source="lmdb 1.7.5",
            archives=("lmdb-1.7.5.zip",),
            path="tests",
            modules=("cursor_test", "env_test", "getmulti_test", "iteration_test", "package_test", "tool_test", "txn_test",
                     "crash_test"),
            tests=192,
            missing=("lmdb.tool",),
            rules=(
                Rule("ToolTest", "it tests the command line lmdb.tool, which the in-page lmdb has not"),
                Rule(r"PreloadTest\.", "it counts page faults of a memory map"),
                Rule(r"InfoMethodsTest\.test_readers$|OtherMethodsTest\.test_reader_check$|SpareTxnTest\.test_(none|one)$",
                     "it reads LMDB's table of readers; there is one process with one thread, so there is none"),
                Rule(r"InitTest\.test_(child_deleting_transaction|cached_txn_across_fork)$|MapResizeTest\.",
                     "it starts another process, which a browser cannot"),
                Rule(r"OtherMethodsTest\.test_copyfd", "there is no file in LMDB's format that could be sent"),
                Rule(r"BadCursorTest\.test_cursor_open_failure$",
                     "a handle that an open reader made is usable by all readers here"),
                Rule(r"PackageExportsTest\.",
                     "ours exports the errors of py-lmdb 3 as well; tests/unit/lmdb/test_lmdb_name.py compares them"),
                Rule(r"OpenTest\.test_mode_", "Emscripten's umask and file modes are not those of a real file system"),
            ),
        ),
        Suite(
            name="keripy",
            title="keripy",
            proves="Unmodified keripy makes, sends, hears and refuses key events; its published tests pass.",
            source="keri 1.3.6 and KeriWasm",
            archives=("keri-1.3.6.zip",),
            path="tests",
            files=("pytest.py", "keri_scenarios.py"),
            modules=("test_kering", "keri_scenarios"),
            tests=22,
            prepare=("keri",),
            seconds=((r"keri_scenarios", 0.5),),
        ),
        Suite(
            name="hio",
            title="hio",
            proves="hio’s scheduler in a worker: Doers enter, recur and exit in order, tymes hold, nested ones end.",
            source="hio 0.7.20 and KeriWasm",
            archives=("hio-0.7.20.zip",),
            path="tests",
            files=("hio_scenarios.py",),
            modules=("test_main", "hio_scenarios"),
            tests=13,
        ),
    )
}
