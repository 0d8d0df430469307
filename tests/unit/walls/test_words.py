"""Counts, moments and the words of the trade, as people read them."""

from __future__ import annotations

import re
from pathlib import Path

import workerkit  # noqa: F401  (sets the path)
from hypothesis import given
from hypothesis import strategies as st
from keriwasm.data.words import counted, moment
from keriwasm.web.glossary import TERMS, explained
from markupsafe import Markup, escape

ROOT = Path(__file__).resolve().parents[3]


def test_counts() -> None:
    assert [counted(number, "event") for number in (0, 1, 2, 1204)] == ["0 events", "1 event", "2 events", "1,204 events"]
    assert counted(2, "registry", "registries") == "2 registries" and counted(1, "registry", "registries") == "1 registry"


def test_moments() -> None:
    assert moment("2026-11-29T23:15:09.123456+00:00") == "2026-11-29 23:15 UTC"
    for other in ("", "2026-11-29", "2026-11-29T23:15:09+01:00", "no time", "T+00:00"):
        assert moment(other) == other


def test_no_template_shows_a_raw_time() -> None:
    """What is cut out of an ISO time by hand looks otherwise on every page."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        assert not re.search(r"\[:1[69]\][^}]*replace\(.T", path.read_text()), path.name


def test_terms_explain_themselves_once_in_a_text() -> None:
    text = explained("The SAID, in CESR; a SAID & <b> AID")
    assert text.count('class="term"') == 3 and text.count('tabindex="0"') == 3
    assert text.count(TERMS["SAID"]) == 2  # for the eye, and as the description
    assert "&amp; &lt;b&gt;" in text
    assert 'class="term"' in explained("puts seals into the log") and 'class="term"' not in explained("seals every backup")
    assert explained(Markup("<i>SAID</i>")) == "<i>SAID</i>"
    assert explained(None) == "None" and not any('"' in each or "<" in each for each in TERMS.values())


@given(st.text(max_size=60))
def test_other_texts_are_escaped_and_nothing_else(text: str) -> None:
    if not re.search("AID|CESR|64url|eals", text):
        assert explained(text) == escape(text)
    bare = re.sub(r'<span class="term"[^>]*>(\w+)<span class="tip"[^<]*</span></span>', r"\1", explained(text))
    assert bare == escape(text)
