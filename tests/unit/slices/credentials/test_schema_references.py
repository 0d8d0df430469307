"""References and patterns of schemas: what goes nowhere, comes back to itself, or is no pattern is told with its place."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import workerkit  # noqa: F401  (sets the path)
from hypothesis import given
from hypothesis import strategies as st
from slices.credentials import schemas
from slices.credentials.references import trouble

TREE = {"type": "object", "properties": {"inner": {"$ref": "#"}, "list": {"items": [{"$ref": "#/definitions/a~1b%20c"}]}}}
GOOD: list[dict[str, Any]] = [
    {},
    {**TREE, "definitions": {"a/b c": {"type": "string", "pattern": "^a+$"}}},
    {"definitions": {"x": {"allOf": [{"$ref": "#/definitions/y"}]}, "y": True}, "$ref": "#/definitions/x"},
    {"const": {"$ref": "#/nowhere"}, "enum": [{"$ref": "https://x"}], "default": {"$ref": 5}, "examples": [{"$ref": "x"}]},
    {"properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}}},
    {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}},
    {"anyOf": [{"properties": {"x": {"$ref": "#/anyOf/0"}}}, {"items": {"$ref": "#"}}]},
    {"not": {"additionalProperties": {"$ref": "#/not"}}},
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"$ref": "#/definitions/x"}, "refers to #/definitions/x at its top, where there is no schema"),
    ({"properties": {"a": {"items": {"$ref": "#/x/y"}}}}, "#/x/y at properties/a/items, where"),
    ({"properties": {"a": {"$ref": "#/properties/a/type"}, "b": {"type": "string"}}}, "where there is no schema"),
    ({"definitions": {"x": {"$ref": "https://example.com/a"}}}, "at definitions/x: other documents are not fetched"),
    ({"definitions": {"x": {"$ref": "other.json#/a"}}}, "not fetched"),
    ({"allOf": [{"$ref": "#name"}]}, "at allOf/0: only places"),
    ({"$ref": "#"}, "refers to itself at its top, without an end"),
    ({"allOf": [{"$ref": "#"}]}, "refers to itself"),
    ({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}}, "refers to itself at definitions/"),
    ({"properties": {"x": {"if": {"not": {"anyOf": [{"$ref": "#/properties/x"}]}}}}}, "refers to itself"),
    ({"dependencies": {"a": {"$ref": "#"}}}, "refers to itself"),
    ({"custom": {"here": {"$ref": "#/custom/here"}}, "$ref": "#/custom/here"}, "refers to itself at custom/here"),
    ({"properties": {"x": {"$id": "http://a/b", "items": {"$ref": "#"}}}}, "an $id of an inner part"),
    ({"properties": {"x": {"pattern": "("}}}, "a pattern at properties/x that is no regular expression"),
    ({"patternProperties": {"[": True}}, "a pattern at its top that is no regular"),
    ({"items": {"pattern": "a" * 2001}}, "a pattern of 2001 characters at items"),
]


@pytest.mark.parametrize("schema", GOOD, ids=str)
def test_what_is_sound_passes_and_judges(schema: dict[str, Any]) -> None:
    assert trouble(schema) == ""
    for value in ({"inner": {"list": ["a"]}, "x": 1, "a": 1, "b": 2}, [1], "text"):
        list(jsonschema.Draft7Validator(schema).iter_errors(value))  # ends, and raises nothing


@pytest.mark.parametrize(("schema", "words"), BAD, ids=str)
def test_what_is_not_is_told_with_its_place(schema: dict[str, Any], words: str) -> None:
    assert words in trouble(schema)


def test_all_samples_pass() -> None:
    for sample in schemas.SAMPLES.values():
        assert trouble(sample) == ""


REFERENCES = st.sampled_from(["#", "#/a", "#/a/allOf/0", "#/properties/p", "#/x", "#/a/properties/q", "#/definitions/d"])
PARTS = st.recursive(
    st.just({}) | st.builds(lambda ref: {"$ref": ref}, REFERENCES),
    lambda inner: st.builds(lambda a: {"allOf": a}, st.lists(inner, min_size=1, max_size=2))
    | st.builds(lambda p, q: {"properties": {"p": p, "q": q}}, inner, inner)
    | st.builds(lambda n: {"not": n}, inner),
    max_leaves=8,
)


@given(PARTS, PARTS, PARTS)
def test_whatever_passes_ends(top: dict[str, Any], a: dict[str, Any], d: dict[str, Any]) -> None:
    """The oracle is jsonschema itself: what it cannot resolve, or recurses over without an end, was told before."""
    schema = {**top, "a": a, "definitions": {"d": d}}
    value: Any = {}
    for _ in range(4):
        value = {"p": value, "q": value}
    if not trouble(schema):
        list(jsonschema.Draft7Validator(schema).iter_errors(value))
