"""SIMD and plain builds of the same sources agree on thousands of random inputs, and with independent implementations."""

from __future__ import annotations

import importlib.util
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from vendoring.build.toolchain import Packages, Toolchain
from vendoring.manifest import Manifest
from vendoring.refresh import build_wheel

HERE = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def plain(manifest: Manifest, packages: Packages, toolchain: Toolchain, upstream_stdlib: Path, tmp_path_factory):
    """Wheels of the same recipes without SIMD."""
    folder = tmp_path_factory.mktemp("plain")
    wheels = {}
    for built in manifest.built:
        if built.name in ("libsodium", "blake3"):
            name, data = build_wheel(built, packages, toolchain, upstream_stdlib, simd=False)
            wheels[built.name] = folder / name
            wheels[built.name].write_bytes(data)
    return wheels


def compare(left: list, right: list, names: tuple[str, str]) -> int:
    """How many cases there are; fails naming the kinds of those that differ."""
    assert [case[0] for case in left] == [case[0] for case in right]
    different = Counter(a[0].split()[0] for a, b in zip(left, right, strict=True) if a != b)
    assert not different, f"{names[0]} and {names[1]} differ in {dict(different)}"
    return len(left)


def both(pyodide, program: str, args: dict, plain_wheel: Path) -> tuple[list, list]:
    """The program's answers from the locked build and from the plain one, run side by side."""
    with ThreadPoolExecutor(2) as pool:
        simd = pool.submit(pyodide.run, program, args)
        other = pool.submit(pyodide.run, program, args, wheels=pyodide.swapped(plain_wheel))
        return simd.result(), other.result()


def test_the_two_builds_are_two(plain, pyodide):
    """The comparisons compare two things: each runtime loads the library that it was given, and they differ."""
    program = """
def main(args):
    import ctypes.util, hashlib, importlib.util, pathlib
    from keriwasm.imports import native
    native.pysodium()
    files = (ctypes.util.find_library("sodium"), importlib.util.find_spec("blake3").origin)
    return [hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest() for file in files]
"""
    simd = pyodide.run(program)
    scalar = pyodide.run(program, wheels=pyodide.swapped(*plain.values()))
    assert not set(simd) & set(scalar)


def test_the_comparison_sees_upstreams_argon2_bug(
    pyodide, manifest, packages, toolchain, upstream_stdlib, tmp_path, monkeypatch
):
    """Without our correction of its SIMD lanes libsodium gives wrong Argon2 tags, and nothing else is wrong."""
    monkeypatch.setattr("vendoring.build.recipes.libsodium._correct_argon2", lambda source: None)
    (built,) = (entry for entry in manifest.built if entry.name == "libsodium")
    name, data = build_wheel(built, packages, toolchain, upstream_stdlib)
    (tmp_path / name).write_bytes(data)
    args = {"seed": 1, "rounds": 5, "password_rounds": 5, "gifts": []}
    right, wrong = both(pyodide, "sodium_cases.py", args, tmp_path / name)
    different = {a[0] for a, b in zip(right["cases"], wrong["cases"], strict=True) if a != b}
    assert different == {"argon2id", "argon2i"}


def test_libsodium(pyodide, plain, count):
    """Every function of pysodium gives the same from both builds, and each opens what the other drew at random."""
    args = {"seed": random.SystemRandom().getrandbits(64), "rounds": 120, "password_rounds": 25, "gifts": []}
    print(f"seed {args['seed']}")
    simd, scalar = both(pyodide, "sodium_cases.py", args, plain["libsodium"])
    cases = compare(simd["cases"], scalar["cases"], ("SIMD", "plain"))
    kinds = Counter(case[0] for case in simd["cases"])
    gifts = len(simd["gifts"]) + len(scalar["gifts"])
    few = {**args, "rounds": 1, "password_rounds": 1}
    last = pyodide.run("sodium_cases.py", {**few, "gifts": scalar["gifts"]})
    pyodide.run("sodium_cases.py", {**few, "gifts": simd["gifts"]}, wheels=pyodide.swapped(plain["libsodium"]))
    assert last["uncalled"] == []
    count(f"libsodium, SIMD against plain: {cases} answers of {len(kinds)} kinds agree ({kinds['argon2id']} Argon2id)")
    count(f"    and {gifts} random ones (keys, sealed boxes, streams, password strings) open in the other build")


def test_argon2_against_another_implementation(pyodide, count):
    """Argon2's reference implementation (argon2-cffi) gives the same tags: the corrected SIMD lanes are right."""
    from argon2 import low_level

    source = random.Random(random.SystemRandom().getrandbits(64))
    cases = [
        {"password": source.randbytes(source.randrange(64)).hex(), "salt": source.randbytes(16).hex(),
         "passes": source.randrange(3, 6), "kib": source.randrange(8, 3000), "id": bool(number % 2)}
        for number in range(60)
    ]  # fmt: skip
    program = """
def main(cases):
    from keriwasm.imports import native
    s = native.pysodium()
    return [
        s.crypto_pwhash(32, bytes.fromhex(case["password"]), bytes.fromhex(case["salt"]), case["passes"],
                        case["kib"] * 1024, s.crypto_pwhash_ALG_ARGON2ID13 if case["id"]
                        else s.crypto_pwhash_ALG_ARGON2I13).hex()
        for case in cases
    ]
"""
    ours = pyodide.run(program, cases)
    for case, tag in zip(cases, ours, strict=True):
        expected = low_level.hash_secret_raw(
            bytes.fromhex(case["password"]), bytes.fromhex(case["salt"]), case["passes"], case["kib"], 1, 32,
            low_level.Type.ID if case["id"] else low_level.Type.I,
        )  # fmt: skip
        assert tag == expected.hex(), case
    count(f"Argon2 against argon2-cffi: {len(cases)} tags agree")


def test_blake3(pyodide, plain, count):
    args = {"seed": random.SystemRandom().getrandbits(64), "count": 300}
    print(f"seed {args['seed']}")
    simd, scalar = both(pyodide, "blake3_cases.py", args, plain["blake3"])
    cases = compare(simd, scalar, ("SIMD", "plain"))
    count(f"blake3, SIMD against plain: {cases} digests agree")
    spec = importlib.util.spec_from_file_location("blake3_cases", HERE / "programs/blake3_cases.py")
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    compare(simd, oracle.main(args), ("our wheel", "PyPI's blake3"))
    count(f"blake3 against PyPI's Rust implementation: {cases} digests agree")


def test_two_runtimes_draw_different_keys(pyodide):
    """Fresh entropy from the host at each draw: nothing random repeats within or between runtimes."""
    program = """
def main(args):
    from keriwasm.imports import native
    s, oqs = native.pysodium(), native.oqs()
    keys = [s.crypto_sign_keypair()[1].hex() for _ in range(200)] + [s.randombytes(32).hex() for _ in range(200)]
    for _ in range(20):
        with oqs.KeyEncapsulation("ML-KEM-768") as kem:
            keys.append(kem.generate_keypair().hex())
    return keys
"""
    first, second = pyodide.run(program), pyodide.run(program)
    drawn = first + second
    assert len(set(drawn)) == len(drawn) == 840
