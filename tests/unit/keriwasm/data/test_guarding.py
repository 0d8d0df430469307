"""The guard: what strangers sent is bounded before it is parsed, in all three kinds, and inside of keripy too."""

from __future__ import annotations

import ast
import json
import math
from pathlib import Path

import cbor2
import msgpack
import pytest
import workerkit  # noqa: F401  (sets the path)
from hypothesis import given
from hypothesis import strategies as st
from keriwasm.data import guarding
from keriwasm.data.guarding import DEPTH, Bounds, Unfit, cbor_value, json_value, mgpk_value, scan
from keriwasm.imports import native

HOME = Path(__file__).resolve().parents[4] / "python"

PLAIN = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    PLAIN | st.text(max_size=300) | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=4), inner, max_size=20),
    max_leaves=80,
)


# -- what passes, passes unchanged --------------------------------------------------------------------------------


@given(VALUES)
def test_cbor_and_messagepack_pass_as_the_libraries_read_them(value):
    assert cbor_value(cbor2.dumps(value)) == value
    assert mgpk_value(msgpack.packb(value)) == value


@given(st.recursive(PLAIN | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i), max_leaves=60), st.booleans())
def test_json_passes_as_the_library_reads_it(value, ascii):
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        with pytest.raises(Unfit, match="half of a pair"):
            json_value(json.dumps(value))
        return
    assert json_value(json.dumps(value, ensure_ascii=ascii)) == value


def test_what_is_close_to_the_bounds():
    for text in ("1e308", "-1.5e-300", "0e999", "0.0e-999", "9" * 64, "1" + "0" * 60 + ".5", "2e0000000001"):
        assert json_value(text) == json.loads(text)
    assert json_value('["\\ud83d\\ude00", "\\\\ud800", "\u200d"]') == ["\U0001f600", "\\ud800", "\u200d"]
    assert json_value("[" * DEPTH + "]" * DEPTH)
    assert cbor_value(b"\x9f\x5f\x41a\x41b\xff\xbf\x01\x02\xff\xff") == [b"ab", {1: 2}]


# -- what does not ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "pointer", "words"),
    [
        ("1e400", "value", "", "too large"),
        ('{"a":[0,-1e999]}', "value", "/a/1", "too large: -1e999"),
        ('{"a":{"b":1e-400}}', "value", "/a/b", "too small"),
        ("[1," + "7" * 66 + "]", "value", "/1", "66 digits"),
        ("[0." + "7" * 400 + "]", "value", "/0", "characters"),
        ('{"a":[NaN]}', "value", "/a/0", "NaN"),
        ("-Infinity", "value", "", "-Infinity"),
        ('{"x~/y":"\\ud800"}', "value", "/x~0~1y", "half of a pair (\\ud800)"),
        ('[{"\\uDC00":1}]', "value", "/0/\\udc00", "half of a pair"),
        ("[\ud800]", "value", None, "half of a pair"),
        ('{"a":[{"b":1,"c":2,"b":3}]}', "twice", "/a/0", "the name 'b' twice"),
        ("[" * (DEPTH + 1) + "]" * (DEPTH + 1), "depth", None, f"at byte {DEPTH}"),
        ("[" * 30_000, "depth", None, "nested too deep"),
        ("[" + "0," * 250_001 + "0]", "size", None, "values"),
        ("{", "syntax", None, "is no JSON"),
    ],
)
def test_json_is_refused_with_its_place(text, code, pointer, words):
    with pytest.raises(Unfit) as caught:
        json_value(text)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)
    assert words in caught.value.reason


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"\x81" * 30_000, "depth", f"at byte {DEPTH}"),
        (b"\xa1\x00" * 30_000, "depth", "nested too deep"),
        (b"\x9f" * 30_000, "depth", "nested too deep"),
        (b"\x5f" * 30_000, "depth", "nested too deep"),
        (b"\xc1" * 30_000 + b"\x00", "value", "tag at byte 0"),
        (b"\xd8\x1c\x81\xd8\x1d\x00", "value", "tag"),  # a list that holds itself
        (b"\xc2\x5a\x00\x10\x00\x00" + b"\xff" * (1 << 20), "value", "tag"),  # a number of a megabyte
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "syntax", "claims"),
        (b"\x7b\x00\x00\x00\xff\x00\x00\x00\x00a", "syntax", "ends within"),
        (b"\x82\x01", "syntax", "claims 2 values at byte 0"),
        (b"\x82\x61\x61", "syntax", "ends within a value (byte 3)"),
        (b"\xff", "syntax", "break"),
        (b"\x1f", "syntax", "begins no value"),
        (b"\x81\xf9\x7c\x00", "value", "at /0 the number inf"),
        (b"\x81\x61\xff", "syntax", "is no CBOR"),
    ],
)
def test_cbor_is_refused_with_its_place(data, code, words):
    with pytest.raises(Unfit) as caught:
        cbor_value(data)
    assert caught.value.code == code and words in caught.value.reason


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"\x91" * 30_000, "depth", f"at byte {DEPTH}"),
        (b"\x81\x01" * 30_000, "depth", "nested too deep"),
        (b"\xdd\xff\xff\xff\xff", "syntax", "claims"),
        (b"\xdf\x7f\xff\xff\xff" + b"\x00" * 64, "syntax", "claims"),
        (b"\xc6\xff\xff\xff\xff", "syntax", "ends within"),
        (b"\xc7\x0c\xff" + b"\x00" * 12, "value", "at 0"),
        (b"\xc1", "value", "at 0"),
        (b"\x92\xcc\x01", "syntax", "ends within a value (byte 3)"),
        (b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", "value", "inf"),
        (b"\x01\x02", "syntax", "is no MessagePack"),
    ],
)
def test_messagepack_is_refused_with_its_place(data, code, words):
    with pytest.raises(Unfit) as caught:
        mgpk_value(data)
    assert caught.value.code == code and words in caught.value.reason


@given(st.binary(max_size=400), st.sampled_from(("JSON", "CBOR", "MGPK")))
def test_garbage_is_scanned_without_another_error(data, kind):
    try:
        scan(data, kind, Bounds(depth=4, values=50))
    except Unfit:
        pass


def test_values_are_bounded_in_all_kinds():
    few = Bounds(values=10)
    for loads, data in ((json_value, b"[1,1,1,1,1,1,1,1,1,1]"), (cbor_value, b"\x8a" + b"\x01" * 10)):
        with pytest.raises(Unfit, match="values"):
            loads(data, few)
    with pytest.raises(Unfit, match="values"):
        mgpk_value(b"\x9a" + b"\x01" * 10, few)
    with pytest.raises(Unfit, match="11 bytes long, 10"):
        mgpk_value(b"\x9a" + b"\x01" * 10, Bounds(size=10))


def test_texts_are_counted_before_they_are_cut_apart():
    """Each of them would be an object of its own, in the scan already: sixteen million quotes are ten seconds of that."""
    bounds = Bounds(values=10)
    assert json_value('{"a":["1","2","3"],"b":{"c":"4","d":"5"}}', bounds)
    with pytest.raises(Unfit, match="has 21 texts, 10 values"):
        json_value("[[[[[[[[[[[" + '"[",' * 21, bounds)
    with pytest.raises(Unfit, match="has 13 values, 10"):
        json_value('["\\"","\\"",' + '"[",' * 9, bounds)


def test_a_foreign_log_is_read_as_keripy_does():
    assert math.isinf(json_value("[1e400]", strict=False)[0])
    assert json_value('["\\ud800"]', strict=False) == ["\ud800"]
    assert math.isinf(cbor_value(b"\xf9\x7c\x00", strict=False))
    with pytest.raises(Unfit, match="too deep"):
        json_value("[" * 30_000, strict=False)


# -- keripy -------------------------------------------------------------------------------------------------------


def test_whatever_keripy_parses_is_scanned_before():
    native.keri()
    from keri import kering
    from keri.core import coring, scheming, serdering

    for module in (serdering, coring, scheming):
        for name in ("json", "msgpack", "cbor"):
            assert type(getattr(module, name)) is guarding._Scanning, (module, name)
    with pytest.raises(ValueError, match="nested too deep at byte 64"):
        coring.Tholder(sith="[" * 30_000)  # an event's "kt" may be such a text, one level deep in its body
    body = b'{"v":"KERI10JSON%06x_","t":"icp","a":' + b"[" * 30_000
    with pytest.raises(kering.DeserializeError) as caught:
        serdering.SerderKERI(raw=body % len(body % 0))
    assert isinstance(caught.value.__cause__, Unfit)
    with pytest.raises(kering.DeserializeError, match="too deep"):
        scheming.JSONSchema().load(b"\x81" * 30_000, kind="CBOR")
    # json takes bytes of UTF-16 as well, where the scan would take the halves of a letter for quotes.
    text = '["\u2200", "\u2200", ' + "[" * 30_000
    for coding in ("utf-16-le", "utf-16-be", "utf-32-le"):
        with pytest.raises(ValueError, match="no JSON in UTF-8"):
            scheming.json.loads(text.encode(coding))
    guarding.install()
    assert coring.dumps({"a": 1}) == b'{"a":1}'


# -- nobody parses beside it --------------------------------------------------------------------------------------

OWN = {
    "keriwasm/data/guarding.py": "this is the guard",
    "keriwasm/browser/bridge.py": "envelopes of our own router",
    "keriwasm/browser/disk_store.py": "what this worker wrote into IndexedDB",
    "keriwasm/imports/lazy_native.py": "the host's own configuration",
    "keriwasm/server/frames.py": "messages of our own processes",
    "keriwasm/server/lmdb_disk.py": "what this worker wrote into its LMDB",
    "keriwasm/snapshot/snapshot.py": "the host's own configuration",
    "keriwasm/web/pool_client.py": "answers of our own workers",
    "slices/suites/fetching.py": "the release's own list of files",
    "slices/suites/coordinating.py": "lines that our own workers send",
    "slices/suites/store.py": "what this slice stored",
    "slices/vault/facts.py": "what this slice stored",
    "slices/vault/owned.py": "flat records that keripy wrote into the wallet's own database",
    "slices/ledger/notes.py": "what this slice stored",
    "slices/ledger/book.py": "answers of our own workers",
    "slices/backup/records.py": "what this slice stored",
    "slices/backup/reading.py": "walks one shape by its headers, each list and map bounded: nothing nests",
}
"""Files that may parse without the guard, and why."""
LOADERS = {"load", "loads", "unpack", "unpackb", "Unpacker", "JSONDecoder", "CBORDecoder", "raw_decode"}
LIBRARIES = {"json", "cbor2", "cbor", "msgpack", "pickle", "marshal", "hjson", "yaml"}


def bare(source: str) -> list[int]:
    """Lines at which a parser is named: json.loads, `from json import loads`, a library renamed, pickles of any kind."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in LOADERS and isinstance(node.value, ast.Name):
            if node.value.id in LIBRARIES:
                found.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in LIBRARIES:
            found.append(node.lineno)
        elif isinstance(node, ast.Import):
            found += [node.lineno for each in node.names if each.name.split(".")[0] in LIBRARIES and each.asname]
            found += [node.lineno for each in node.names if each.name in ("pickle", "marshal", "yaml", "hjson")]
        elif isinstance(node, ast.Attribute) and (ast.unparse(node) in ("req.media", "req.get_media")):
            found.append(node.lineno)  # Falcon's own reading of a body
    return found


def test_no_file_parses_without_the_guard():
    parsing = {}
    for path in sorted(path for room in ("keriwasm", "slices") for path in (HOME / room).rglob("*.py")):
        lines = bare(path.read_text())
        if lines:
            parsing[path.relative_to(HOME).as_posix()] = lines
    unlisted = {name: lines for name, lines in parsing.items() if name not in OWN}
    assert not unlisted, f"use keriwasm.data.guarding: {unlisted}"
    assert set(OWN) <= set(parsing), f"these parse nothing any more: {set(OWN) - set(parsing)}"


def test_the_search_for_bare_parsers_finds_them():
    for line in ("json.loads(x)", "from json import loads", "import msgpack as m", "f = cbor2.loads", "import pickle", "req.media"):
        assert bare(line), line
    assert not bare("import json\njson.dumps(x)\nmarkdown.loads(x)")
