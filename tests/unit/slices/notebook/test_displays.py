"""Values as they are shown, and as the notebook's file keeps them."""

from __future__ import annotations

from typing import Any

import pytest
from markupsafe import Markup
from slices.notebook import displays


class Rich:
    def __init__(self, **forms: Any) -> None:
        self.forms = forms

    def _repr_html_(self) -> Any:
        return self.forms.get("html")

    def _repr_png_(self) -> Any:
        return self.forms.get("png")

    def __repr__(self) -> str:
        return "Rich()"


class Broken:
    def _repr_html_(self) -> str:
        raise ValueError("no")

    def __repr__(self) -> str:
        raise RuntimeError("not even this")


def test_a_plain_value_has_its_repr() -> None:
    assert displays.bundle([1, "<"]) == {"text/plain": "[1, '<']"}
    assert "&lt;" in displays.html(displays.bundle("<b>"), Markup)


def test_the_richest_form_is_shown_and_all_are_kept() -> None:
    forms = displays.bundle(Rich(html="<b>x</b>", png=b"\x89PNG"))
    assert forms == {"text/html": "<b>x</b>", "image/png": "iVBORw==", "text/plain": "Rich()"}
    assert displays.html(forms, Markup) == '<div class="value"><b>x</b></div>'
    assert 'src="data:image/png;base64,iVBORw=="' in displays.html(displays.bundle(Rich(png=b"\x89PNG")), Markup)


def test_a_class_is_not_asked_for_its_objects_forms() -> None:
    assert list(displays.bundle(Rich)) == ["text/plain"]


def test_what_fails_is_said_and_ends_nothing() -> None:
    forms = displays.bundle(Broken())
    assert "ValueError: no" in forms["text/html"] and "not even this" in forms["text/plain"]


@pytest.mark.parametrize("most", [displays.MOST])
def test_what_is_too_large_is_left_out(most: int) -> None:
    forms = displays.bundle(Rich(html="x" * (most + 1)))
    assert "text/html" not in forms and forms["text/plain"] == "Rich()"
    assert len(displays.bundle("x" * most)["text/plain"]) < most / 10


def test_the_names_of_ipython() -> None:
    offered = displays.offer(lambda *values: None, lambda wait=False: None)
    from IPython.display import HTML, Image, display  # type: ignore[import-not-found]

    assert display is offered["display"]
    assert displays.bundle(HTML("<i>"))["text/html"] == "<i>"
    assert "image/jpeg" in displays.bundle(Image(b"\xff\xd8\xff"))
