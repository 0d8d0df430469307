"""Ready-made lists of witnesses, and own OOBIs: what stands in the file is looked through, and told where it is wrong."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from slices.ledger import lists
from slices.ledger.oobis import read as read_oobi
from slices.witnessing import own

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests/kits/network"))

AID = "BBilc4-L3tFUnfM_wJr4S4OJanAv_VmF_dJNN6vkf2Ha"
GOOD = f'[[lists]]\nname = "L"\nwitnesses = [{{ name = "wan", aid = "{AID}", url = "http://wan.example:5642/" }}]\n'


def test_the_list_that_comes_with_the_app_is_the_demo() -> None:
    import witnesses

    (demo,) = lists.offered()["lists"]
    assert {each["name"]: each["aid"] for each in demo["witnesses"]} == witnesses.AIDS
    assert [each["url"] for each in demo["witnesses"]] == [f"http://127.0.0.1:{port}/" for port in range(5642, 5648)]
    for each in demo["witnesses"]:
        address = read_oobi(each["oobi"])
        assert (address.url, address.cid) == (f"{each['url']}oobi/{each['aid']}/controller", each["aid"])
    manifest = tomllib.loads((ROOT / "pyscript.toml").read_text())
    assert manifest["files"]["./static/witnesses.toml"] == lists.FILE, "a worker has it where it looks for it"


def test_a_list_of_ones_own() -> None:
    assert lists.read(GOOD.encode()) == [{
        "name": "L", "about": "",
        "witnesses": [{"name": "wan", "aid": AID, "url": "http://wan.example:5642/", "oobi": f"http://wan.example:5642/oobi/{AID}/controller"}],
    }]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [
    (lambda text: text + "[", "is no TOML"),
    (lambda text: "", "the file: lists is missing"),
    (lambda text: "lists = 3", "the file: lists is missing, or no list"),
    (lambda text: "lists = [3]", "list 1: must be a table"),
    (lambda text: text + "\n[more]", "the file: 'more' is not known"),
    (lambda text: text + text, "the file: the name L is there twice"),
    (lambda text: text.replace('"L"', '""'), "list 1: name is missing"),
    (lambda text: text.replace('"L"', '"a\\nb"'), "list 1: name must be one line"),
    (lambda text: text.replace('"L"', f'"{"a" * 61}"'), "list 1: name must be one line of at most 60"),
    (lambda text: text.replace('"L"', '"L"\nabout = 3'), "list 1 (L): about is missing, or no text"),
    (lambda text: text.replace(AID, "E" + AID[1:]), "list 1 (L), witness 1: aid is no witness's"),
    (lambda text: text.replace(AID, AID[:-1]), "witness 1: aid is no witness's"),
    (lambda text: text.replace("http:", "ftp:"), "witness 1: url is no server"),
    (lambda text: text.replace("5642/", "5642/path"), "witness 1: url is no server"),
    (lambda text: text.replace("5642", "99999"), "witness 1: url has a port that is none"),
    (lambda text: text.replace("url", "oobi"), "witness 1: 'oobi' is not known here"),
    (lambda text: re.sub(r"\[(\{.*\})\]", r"[\1, \1]", text), "list 1 (L): the name wan is there twice"),
    (lambda text: re.sub(r"\[(\{.*\})\]", r"[" + r"\1, " * 51 + "]", text), "51 witnesses are more than the 50"),
    (lambda text: text + "#" * lists.FILE_MOST, "bytes, 262,144 are read"),
    (lambda text: "x = " + "[" * 100_000, "is no TOML"),
    (lambda text: text.replace("L", "\udcff"), "is no TOML"),
])  # fmt: skip
def test_what_is_wrong_with_a_list_is_told_with_its_place(change: Any, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = change(GOOD).encode("utf-8", "surrogateescape")
    with pytest.raises(lists.BadList, match=re.escape(words)):
        lists.read(data)
    (tmp_path / "bad.toml").write_bytes(data)
    monkeypatch.setattr(lists, "PLACES", (tmp_path / "none.toml", tmp_path / "bad.toml"))
    told = lists.offered()
    assert told["lists"] == [] and words in told["lists_problem"] and told["lists_problem"].startswith("static/witnesses.toml: ")


def test_no_file_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PLACES", ())
    assert lists.offered() == {"lists": [], "lists_problem": "static/witnesses.toml is missing"}


def test_own_oobis() -> None:
    """One for each witness whose address is known; none without witnesses. An address with or without a slash is the same."""
    me = "E" + "m" * 43
    known = [
        {"aid": AID, "url": "http://wan.example:5642/", "receipted": True},
        {"aid": AID[::-1], "url": "https://wil.example", "receipted": False},
        {"aid": AID, "url": "", "receipted": False},
    ]
    assert own.oobis(me, []) == []
    assert own.oobis(me, known) == [
        {"witness": AID, "oobi": f"http://wan.example:5642/oobi/{me}/witness/{AID}", "receipted": True},
        {"witness": AID[::-1], "oobi": f"https://wil.example/oobi/{me}/witness/{AID[::-1]}", "receipted": False},
        {"witness": AID, "oobi": "", "receipted": False},
    ]
    assert read_oobi(own.oobis(me, known)[0]["oobi"]).cid == me
