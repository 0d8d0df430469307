"""python/standins against the real packages: each stand-in is loaded under another name beside the one it stands in for."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rpds as real_rpds
from cryptography import exceptions as real_exceptions
from cryptography import utils as real_numbers
from cryptography.hazmat.primitives import hashes as real_hashes
from cryptography.hazmat.primitives import serialization as real_serialization
from cryptography.hazmat.primitives.asymmetric import ec as real_ec
from cryptography.hazmat.primitives.asymmetric import utils as real_utils
from hypothesis import given
from hypothesis import strategies as st

STANDINS = Path(__file__).resolve().parents[3] / "python" / "standins"
KEYS = st.text("abcd", max_size=2)
NUMBERS = st.integers(1, 2**256 - 1)


def belongs(name: str) -> bool:
    return name.split(".")[0] in ("cryptography", "rpds")


@pytest.fixture(scope="module")
def ours() -> Iterator[SimpleNamespace]:
    """The stand-ins' modules; the real ones are back under their names when the tests run."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if belongs(name)}
    sys.path.insert(0, str(STANDINS))
    try:
        primitives = "cryptography.hazmat.primitives"
        found = SimpleNamespace(
            rpds=importlib.import_module("rpds"),
            exceptions=importlib.import_module("cryptography.exceptions"),
            numbers=importlib.import_module("cryptography.utils"),
            hashes=importlib.import_module(f"{primitives}.hashes"),
            serialization=importlib.import_module(f"{primitives}.serialization"),
            ec=importlib.import_module(f"{primitives}.asymmetric.ec"),
            utils=importlib.import_module(f"{primitives}.asymmetric.utils"),
        )
    finally:
        sys.path.remove(str(STANDINS))
        for name in list(sys.modules):
            if belongs(name):
                del sys.modules[name]
        sys.modules.update(kept)
    assert all(Path(module.__file__).is_relative_to(STANDINS) for module in vars(found).values())
    yield found


REAL = SimpleNamespace(
    rpds=real_rpds, exceptions=real_exceptions, hashes=real_hashes, serialization=real_serialization, ec=real_ec,
    utils=real_utils,
)  # fmt: skip


def told(make: Any) -> Any:
    """What a call gives, or the kind of its exception: the same on both sides."""
    try:
        return make()
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return type(error)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), KEYS, st.integers()),
        st.tuples(st.sampled_from(["discard", "remove"]), KEYS),
        st.tuples(st.just("update"), st.dictionaries(KEYS, st.integers())),
    ),
    max_size=12,
)


@given(start=st.dictionaries(KEYS, st.integers()), steps=STEPS)
def test_map(ours: SimpleNamespace, start: dict[str, int], steps: list[tuple[Any, ...]]) -> None:
    mine, real = ours.rpds.HashTrieMap(start), real_rpds.HashTrieMap(start)
    for name, *arguments in steps:
        before = dict(mine)
        results = [told(lambda side=side: getattr(side, name)(*arguments)) for side in (mine, real)]  # noqa: B023
        assert dict(mine) == before, "a change makes a new map"
        if isinstance(results[0], type):
            assert results[0] is results[1] is KeyError
            continue
        mine, real = results
        assert dict(mine.items()) == dict(real.items())
        assert (len(mine), set(mine.keys()), sorted(mine.values())) == (len(real), set(real.keys()), sorted(real.values()))
        assert all((key in mine) == (key in real) and mine.get(key, -1) == real.get(key, -1) for key in ("", "a", "bb"))
    same = ours.rpds.HashTrieMap(dict(mine))
    assert same == mine and hash(same) == hash(mine)
    assert ours.rpds.HashTrieMap.convert(mine) is mine
    assert mine != ours.rpds.HashTrieMap({**dict(mine), "zz": 0})


@given(start=st.sets(KEYS), steps=st.lists(st.tuples(st.sampled_from(["insert", "discard", "remove"]), KEYS), max_size=12))
def test_set(ours: SimpleNamespace, start: set[str], steps: list[tuple[str, str]]) -> None:
    mine, real = ours.rpds.HashTrieSet(start), real_rpds.HashTrieSet(start)
    for name, value in steps:
        results = [told(lambda side=side: getattr(side, name)(value)) for side in (mine, real)]  # noqa: B023
        if isinstance(results[0], type):
            assert results[0] is results[1] is KeyError
            continue
        mine, real = results
        assert set(mine) == set(real) and len(mine) == len(real) and ("a" in mine) == ("a" in real)
    more = mine.update(["x"], ["y"])
    assert isinstance(more, ours.rpds.HashTrieSet) and set(more) == set(real.update(["x"], ["y"]))


@given(start=st.lists(st.integers()), front=st.integers())
def test_list(ours: SimpleNamespace, start: list[int], front: int) -> None:
    sides = [side.rpds.List(start) for side in (ours, REAL)]
    assert [list(side) for side in sides] == [start, start]
    assert [list(side.push_front(front)) for side in sides] == [[front, *start]] * 2
    mine, real = (told(lambda side=side: list(side.drop_first())) for side in sides)
    assert mine == real
    assert told(lambda: sides[0].first) == told(lambda: sides[1].first)
    assert [list(side.rpds.List(1, 2, 3)) for side in (ours, REAL)] == [[1, 2, 3]] * 2
    assert list(sides[0]) == start and len(sides[0]) == len(start) and sides[0] == ours.rpds.List(start)


CURVES = ("SECP256R1", "SECP256K1")


def private(side: SimpleNamespace, curve: str, number: int) -> Any:
    return side.ec.derive_private_key(number, getattr(side.ec, curve)())


def point(side: SimpleNamespace, key: Any, form: str = "CompressedPoint") -> bytes:
    names = side.serialization
    return key.public_bytes(encoding=names.Encoding.X962, format=getattr(names.PublicFormat, form))


def algorithm(side: SimpleNamespace) -> Any:
    return side.ec.ECDSA(side.hashes.SHA256())


def verdict(side: SimpleNamespace, curve: str, data: bytes, signature: bytes, public: bytes) -> str:
    key = side.ec.EllipticCurvePublicKey.from_encoded_point(getattr(side.ec, curve)(), public)
    try:
        key.verify(signature, data, algorithm(side))
    except side.exceptions.InvalidSignature:
        return "refused"
    return "good"


@pytest.mark.parametrize("curve", CURVES)
def test_each_verifies_what_the_other_signs(ours: SimpleNamespace, curve: str) -> None:
    for number in (1, 2, 3**50, 2**255 + 12345):
        keys = {name: private(side, curve, number) for name, side in (("ours", ours), ("real", REAL))}
        publics = {point(ours, keys["ours"].public_key()), point(REAL, keys["real"].public_key())}
        assert len(publics) == 1
        whole = "UncompressedPoint"
        assert point(ours, keys["ours"].public_key(), whole) == point(REAL, keys["real"].public_key(), whole)
        (public,) = publics
        data = b"event %d" % number
        for signer, maker in (("ours", ours), ("real", REAL)):
            signature = keys[signer].sign(data, algorithm(maker))
            tampered = bytes([*signature[:-1], signature[-1] ^ 1])
            for side in (ours, REAL):
                assert verdict(side, curve, data, signature, public) == "good"
                assert verdict(side, curve, data + b"x", signature, public) == "refused"
                assert verdict(side, curve, data, tampered, public) == "refused"


@pytest.mark.parametrize("curve", CURVES)
def test_both_refuse_the_same(ours: SimpleNamespace, curve: str) -> None:
    order = {"SECP256R1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
             "SECP256K1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141}[curve]  # fmt: skip
    public = point(ours, private(ours, curve, 5).public_key())
    for side in (ours, REAL):
        for number in (0, order, order + 1):
            with pytest.raises(ValueError):
                private(side, curve, number)
        for bad in (b"", public[:-1], b"\x05" + public[1:], b"\x02" + b"\xff" * 32):
            with pytest.raises(ValueError):
                side.ec.EllipticCurvePublicKey.from_encoded_point(getattr(side.ec, curve)(), bad)
        for pair in ((0, 0), (0, 1), (1, 0), (order, 1), (1, order), (order + 1, order + 1)):
            assert verdict(side, curve, b"data", side.utils.encode_dss_signature(*pair), public) == "refused"
        for garbage in (b"", b"0", b"\x30\x00", bytes(70)):
            assert verdict(side, curve, b"data", garbage, public) == "refused"


@given(r=NUMBERS, s=NUMBERS, tail=st.binary(max_size=2))
def test_der(ours: SimpleNamespace, r: int, s: int, tail: bytes) -> None:
    encoded = ours.utils.encode_dss_signature(r, s)
    assert encoded == real_utils.encode_dss_signature(r, s)
    assert told(lambda: ours.utils.decode_dss_signature(encoded + tail)) == told(
        lambda: real_utils.decode_dss_signature(encoded + tail)
    )


@pytest.mark.parametrize("number", [0, 1, 255, 256, 2**255, 2**256 - 1])
@pytest.mark.parametrize("length", [None, 0, 1, 32, 33])
def test_numbers_as_bytes(ours: SimpleNamespace, number: int, length: int | None) -> None:
    given = []
    for numbers in (ours.numbers, real_numbers):
        try:
            given.append(numbers.int_to_bytes(number, length))
        except (ValueError, OverflowError) as error:
            given.append(type(error))
    assert given[0] == given[1]


def test_the_stand_in_says_what_it_cannot(ours: SimpleNamespace) -> None:
    with pytest.raises(TypeError, match="SHA-256 only"):
        ours.ec.ECDSA(object())
    with pytest.raises(ValueError, match="points only"):
        private(ours, "SECP256R1", 7).public_key().public_bytes("DER", "PEM")
