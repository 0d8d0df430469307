"""Completions and signatures: what is offered where, and that nothing of a person's runs for it."""

from __future__ import annotations

import functools
import sys
import time
import types
from types import SimpleNamespace
from typing import Any

import falcon
import pytest
from falcon import testing
from keriwasm.web import problems
from keriwasm.web.app import Router
from slices import notebook
from slices.notebook.hints import complete, looking, modules, reading, signature


class Trap:
    """Whatever code of it runs makes the test fail."""

    plain: int = 3
    __slots__ = ("__dict__", "slot")

    def __init__(self) -> None:
        self.slot, self.mine = "text", [1]

    def __getattribute__(self, name: str) -> Any:
        pytest.fail(f"{name} was asked for")

    def __getattr__(self, name: str) -> Any:
        pytest.fail(f"{name} was asked for")

    def __dir__(self) -> Any:
        pytest.fail("dir")

    def __repr__(self) -> str:
        pytest.fail("repr")

    def __eq__(self, other: object) -> bool:
        pytest.fail("eq")

    __hash__ = None  # type: ignore[assignment]

    @property
    def computed(self) -> str:
        pytest.fail("a property ran")

    @functools.cached_property
    def kept(self) -> dict[str, int]:
        pytest.fail("a property ran")

    def method(self, one: int, two: str = "x", *, key: bool = False, **rest: Any) -> Trap:
        """Does it.

        More."""
        pytest.fail("a method ran")

    @classmethod
    def made(cls, size: int) -> Trap:
        pytest.fail("a method ran")

    @staticmethod
    def plainly(size: int) -> bytes:
        pytest.fail("a method ran")


class Own:
    """It calls itself a class of another."""

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        pytest.fail("__dict__ ran")


def called(one: int, two: str = "x") -> None:
    pytest.fail("it was called")


def defaults(one=(), two=2.5, three="a" * 200, *, four: Any = None) -> None:  # type: ignore[no-untyped-def]
    pytest.fail("it was called")


NAMES = {"trap": Trap(), "Trap": Trap, "own": Own(), "called": called, "defaults": defaults, "data": {"a": ["x"]}, "_hidden": 1,
         "traffic": 1, "partial": functools.partial(called, 1)}  # fmt: skip


def offered(text: str) -> list[str]:
    """`|` is the cursor."""
    options, _ = complete.complete(text.replace("|", ""), text.index("|"), NAMES)
    return [option["label"] for option in options]


@pytest.mark.parametrize(("text", "some"), [
    ("tra|", ["trap", "traffic", "Trap"]), ("x = pri|", ["print"]), ("whil|", ["while"]), ("_hid|", ["_hidden"]),
    ("trap.|", ["slot", "mine", "plain", "computed", "method"]), ("trap.m|", ["method", "mine", "made"]),
    ("trap.slot.spl|", ["split", "splitlines"]), ("trap.mine.app|", ["append"]), ("trap.computed.upp|", ["upper"]),
    ("trap.method(1).pla|", ["plain", "plainly"]), ("Trap(1).mi|", []), ("Trap.made(2).comp|", ["computed"]),
    ("Trap.plainly(2).he|", ["hex"]), ("'x'.joi|", ["join"]), ("f'{1}'.joi|", ["join"]), ("[1, 2].ext|", ["extend"]),
    ("data['a'].app|", ["append"]), ("data['a'][0].upp|", ["upper"]), ("(await trap.method(1)).plai|", ["plain", "plainly"]),
    ("for x in data.ite|", ["items"]), ("if data.ke|:\n  pass", ["keys"]), ("called(\n  trap.slot.low|", ["lower"]),
    ("called(o|", ["one="]), ("called(1, t|", ["two="]), ("called(one=1, |", ["two="]), ("trap.method(k|", ["key="]),
    ("import tokeni|", ["tokenize"]), ("import os, js|", ["json"]), ("import xml.|", ["etree"]),
    ("from xml.etree import E|", ["ElementTree"]),
    ("from keyword import iskey|", ["iskeyword"]), ("from keri.ap|", ["app"]), ("import json as j\nj.dum|", ["dump", "dumps"]),
    ("from os import path as p\np.joi|", ["join"]),
])  # fmt: skip
def test_offered(text: str, some: list[str]) -> None:
    found = offered(text)
    assert set(some) <= set(found), found
    if not some:
        assert not found


@pytest.mark.parametrize("text", [
    "'tra|", '"""a\ntra|', "# tra|", "12|", "trap.slot  # tra|", "|", "x = |", "nobody.kno|", "nobody.made().kno|",
    "import json as j|", "import 3|", "own.mi|", "trap.missing.x|", "for.x|", "1.5.re|", "a.b c.d|", "f'{1} tra|", "x = 'a' 'b|",
])  # fmt: skip
def test_nothing_is_offered(text: str) -> None:
    assert offered(text) == []


def test_much_is_cut_and_said() -> None:
    names = {f"name{n}": n for n in range(1000)}
    options, more = complete.complete("nam", 3, names)
    assert len(options) <= complete.MOST + 40 and more
    assert complete.complete("name99", 6, names)[1] is False


@pytest.mark.parametrize("text", ["(" * 5000 + "x.a", "a" + ".a" * 3000 + ".b", "[" * 900 + "1.", "x = '" + "a" * 100_000, "f(" * 4000])
def test_what_is_large_ends(text: str) -> None:
    began = time.process_time()
    complete.complete(text, len(text), NAMES)
    place = reading.read(text, len(text))
    assert place is None or place.call is None or signature.signature(place.call, NAMES) is None
    assert time.process_time() - began < 60  # no measure of speed: it does not go on for ever


@pytest.mark.parametrize(("text", "params", "active"), [
    ("called(|", ["one", "two='x'"], 0), ("called(1, |)", ["one", "two='x'"], 1), ("called(two=|", ["one", "two='x'"], 1),
    ("called([1, 2], (3, |", ["one", "two='x'"], 1), ("called(trap.slot, 2, |", ["one", "two='x'"], -1),
    ("trap.method(|", ["one", "two='x'", "key=False", "**rest"], 0), ("trap.method(other=|", ["one", "two='x'", "key=False", "**rest"], 3),
    ("Trap.method(|", ["self", "one", "two='x'", "key=False", "**rest"], 0), ("Trap.made(|", ["size"], 0), ("Trap(|", [], -1),
    ("defaults(|", ["one=…", "two=2.5", "three=…", "four=None"], 0), ("partial(|", ["two='x'"], 0),
    ("isinstance(1, |", ["obj", "class_or_tuple"], 1),
])  # fmt: skip
def test_signatures(text: str, params: list[str], active: int) -> None:
    place = reading.read(text.replace("|", ""), text.index("|"))
    assert place is not None and place.call is not None
    found = signature.signature(place.call, NAMES)
    if text.startswith("partial") and found is None:
        return  # the binding of what is given first is Python's own affair
    assert found is not None and (found["params"], found["active"]) == (params, active), found


def test_a_doc_is_its_first_line() -> None:
    place = reading.read("trap.method(", 12)
    assert place and place.call
    found = signature.signature(place.call, NAMES)
    assert found and (found["name"], found["doc"]) == ("method", "Does it.")


@pytest.mark.parametrize("text", ["called", "if (", "def called(", "x = (1, ", "trap.slot(", "nobody("])
def test_no_call_no_signature(text: str) -> None:
    place = reading.read(text, len(text))
    assert not (place and place.call and signature.signature(place.call, NAMES))


def test_a_module_that_nobody_imported_is_read_not_imported(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "hinted"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit\nLIMIT: int = 3\nclass Thing: pass\ndef made(): pass\n")
    (package / "inner.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    assert modules.below("hinted") == {"inner"} and {"LIMIT", "Thing", "made", "inner"} <= set(modules.names("hinted"))
    assert "hinted" in modules.below("") and "hinted" not in sys.modules


def test_modules_in_a_packed_wheel(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    from keriwasm.imports.packed_wheels import PackedFinder

    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("boxed/__init__.py", "boxed/one.py", "boxed/deep/__init__.py", "boxed/deep/two.py"):
            archive.writestr(name, "def opened(): pass\n")
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, PackedFinder({"boxed": str(wheel)}, str(tmp_path))])
    assert modules.below("boxed") == {"one", "deep"} and modules.below("boxed.deep") == {"two"}
    monkeypatch.setitem(sys.modules, "boxed", types.ModuleType("boxed"))  # as after a restore: imported, and its files packed
    assert modules.below("boxed") == {"one", "deep"}
    assert "opened" in modules.names("boxed.one") and "boxed" in modules.below("") and wheel.exists()


def test_annotations_that_lead_nowhere_say_nothing() -> None:
    def odd() -> nowhere.at.all:  # type: ignore[name-defined]  # noqa: F821
        ...

    assert looking.returned(odd) is None
    assert looking.members(looking.Thing(types.ModuleType("m"))).keys() >= {"__name__"}


@pytest.fixture
def session() -> SimpleNamespace:
    return SimpleNamespace(current=None, namespace=NAMES)


@pytest.fixture
def client(session: SimpleNamespace) -> testing.TestClient:
    app = falcon.App(router=Router())
    problems.handlers(app, None)  # type: ignore[arg-type]
    notebook.mount(app, SimpleNamespace(shared=lambda kind: session))  # type: ignore[arg-type]
    return testing.TestClient(app)


def test_over_its_addresses(client: testing.TestClient, session: SimpleNamespace) -> None:
    answer = client.simulate_post("/app/complete", json={"source": "trap.slo", "at": 8})
    assert answer.json == {"options": [{"label": "slot", "type": "property"}], "more": False}
    told = client.simulate_post("/app/signature", json={"source": "called(1, ", "at": 10}).json
    assert told == {"name": "called", "params": ["one", "two='x'"], "active": 1, "doc": ""}
    assert client.simulate_post("/app/signature", json={"source": "called", "at": 3}).json == {}
    session.current = object()  # a cell runs
    assert client.simulate_post("/app/complete", json={"source": "trap.slo", "at": 8}).json == {"options": [], "more": True}
    assert client.simulate_post("/app/signature", json={"source": "called(1, ", "at": 10}).json == {}


@pytest.mark.parametrize("body", [{"source": "x"}, {"source": "x", "at": 2}, {"source": "x", "at": -1}, {"source": "x", "at": "a"}])
def test_a_cursor_that_is_nowhere_is_refused(client: testing.TestClient, body: dict[str, Any]) -> None:
    answer = client.simulate_post("/app/complete", json=body, headers={"accept": "application/json"})
    assert answer.status_code == 422 and "at" in answer.text
