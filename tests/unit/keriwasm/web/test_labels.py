"""Names for people: joiners are letters where they join, names are composed, limits are told in what they count."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from backupkit import PASSCODE, FakeDisk, do, place, quick, serving, unsynced  # noqa: F401 (fixtures)
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.labels import label
from slicekit import of_json, problem
from slices.ledger import contacts
from workerkit import run

ZWNJ, ZWJ = "\u200c", "\u200d"
GOOD = (
    "👩‍🚀", "🏳️‍⚧️", "👨‍👩‍👧‍👦", "🙂‍↔️", "❤️‍🔥", "می‌رود", "۵‌هزار", "പ്രവീണ്‍", "क्‍ष", "শ্রী‌মান", "Auf‌lage", "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "Köln", "a/b", "日本", "👋🏽", "1️⃣",
)  # fmt: skip
BAD = (
    ZWJ, ZWNJ, f"a{ZWJ}", f"a{ZWNJ}", f"{ZWNJ}a", f"a{ZWJ}{ZWJ}b", f"a {ZWJ}b", f"a{ZWJ} b", "a\u200bb", "a\u202eb", "a\u00adb",
    "a\x07b", "a\ufeffb", "\U000e0067", "a\U000e0067\U000e007f", "\U0001f3f4\U000e0067", "a\ud83d"[:1] + "\u2066b",
)  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_is_written_so_is_taken(name: str) -> None:
    assert label(of_json({"alias": f"  {name}\u00a0"}), "alias") == unicodedata.normalize("NFC", name)
    assert contacts.read(of_json({"alias": name, "notes": f"{name}\n{name}"}))["alias"] == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_seen_is_named(name: str) -> None:
    for read in (lambda fields: label(fields, "alias"), contacts.read):
        with pytest.raises(FieldError) as caught:
            read(of_json({"alias": name}))
        assert "U+" in caught.value.reason and caught.value.status_code == 422


def test_limits_say_what_they_count() -> None:
    assert label(of_json({"alias": "한" * 100}), "alias") == label(of_json({"alias": unicodedata.normalize("NFD", "한" * 100)}), "alias")
    for value, most_bytes, words in (("x" * 101, 400, "101 characters, 100"), ("😀" * 100, 380, "400 bytes in UTF-8, 380")):
        with pytest.raises(FieldError) as caught:
            label(of_json({"alias": value}), "alias", most_bytes=most_bytes)
        assert words in caught.value.reason and caught.value.status_code == 422


@run
async def test_registries_are_named_as_aliases_are(quick: None, unsynced: None, place: Path) -> None:  # noqa: F811
    """Cases 17 and 18."""
    async with serving(place) as (kit, held):
        do(held.create("Mine", PASSCODE, "low"))
        with held.change() as hby:
            issuer = hby.makeHab("issuer").pre

        async def make(name: str) -> Any:
            return await kit.ask("POST", "/app/credentials/registries", json_body={"identifier": issuer, "name": name})

        for name in ("می‌رود", "👩‍🚀", unicodedata.normalize("NFD", "Köln"), "😀" * 95):
            made = await make(name)
            assert made.status == 200 and made.json["name"] == unicodedata.normalize("NFC", name), made.text
        problem(await make("Köln"), 409)
        told = problem(await make("😀" * 100), 422, "name")
        assert "380" in told["detail"] + told["errors"][0]["reason"]
        assert not kit.faults(), [each["error"]["traceback"] + str(each["about"]) for each in kit.faults()]
