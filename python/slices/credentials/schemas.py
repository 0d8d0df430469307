"""Schemas of credentials: taken in, given their SAID, and read for the form that fills the attributes in.

A schema is JSON Schema (draft 7, which keripy validates) whose `$id` is the digest of itself. keripy's Schemer checks both
and is the one that stores it. What is added here: a schema without a SAID gets one when it is asked for, references to other
documents are refused (nothing is ever fetched), and the reasons are told in words.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, NamedTuple

from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields

from slices.credentials import references, shapes

__all__ = ["MOST", "SAMPLES", "Attribute", "attributes", "judge", "judged", "load", "read", "stored", "title"]

MOST = 256 << 10
"""Bytes of a schema."""
DRAFT = "http://json-schema.org/draft-07/schema#"
OWN = frozenset(("d", "u", "i", "dt"))
"""Members of the attributes that are not the issuer's to fill in: SAID, salt, holder, date."""
NUMBER = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")
WHOLE = re.compile(r"[+-]?[0-9]+")


class Attribute(NamedTuple):
    """One input of the form. kind: string, integer, number, boolean, json; options: of an enum, else empty."""

    name: str
    label: str
    kind: str
    required: bool
    help: str
    options: tuple[str, ...]
    format: str


def read(fields: Fields) -> dict[str, Any]:
    """The JSON of field `schema` or of the file `file`. Raises FieldError."""
    pasted = fields.given("schema") and (fields.typed or fields.text("schema", max_bytes=MOST).strip())
    name = "file" if fields.given("file") and not pasted else "schema"
    value = fields.json(name, max_bytes=MOST)
    if not isinstance(value, dict):
        raise FieldError(name, "must be a JSON object: a JSON Schema")
    return value


def load(sed: dict[str, Any], *, saidify: bool) -> Any:
    """keripy's Schemer of a schema. saidify: give it its SAID, also in the place of a wrong one. Raises FieldError."""
    import jsonschema
    from keri import kering
    from keri.core import coring, scheming

    try:
        jsonschema.Draft7Validator.check_schema(sed)
    except jsonschema.SchemaError as ex:
        raise FieldError("schema", f"is no JSON Schema: at {_place(ex.path)}, {ex.message[:300]}") from ex
    _check(sed)
    said = sed.get("$id", "")
    if saidify or not said:
        # The identifier stands first, as everywhere in KERI; a digest depends on the order.
        sed = {"$id": "", **{name: value for name, value in sed.items() if name != "$id"}}
        _, sed = coring.Saider.saidify(sad=sed, label=coring.Saids.dollar)
    try:
        return scheming.Schemer(raw=coring.dumps(sed))
    except (kering.KeriError, ValueError, TypeError) as ex:
        raise FieldError("schema", _why(sed, said, ex)) from ex


def judged(raw: str) -> Any:
    """keripy's Schemer of a schema that another worker has judged (`load`)."""
    from keri.core import scheming

    return scheming.Schemer(raw=raw.encode())


def _why(sed: dict[str, Any], said: Any, ex: Exception) -> str:
    from keri.core import coring

    if not isinstance(said, str) or len(said) != 44:
        return "has an $id that is no SAID: leave it empty, or let it be given a new one"
    _, right = coring.Saider.saidify(sad=dict(sed), label=coring.Saids.dollar)
    if right["$id"] != said:
        return f"was changed after it got its SAID: its $id is {said}, its content has {right['$id']}"
    return f"is refused: {ex}"[:300]


def _place(path: Any) -> str:
    return "/".join(str(each) for each in path)[:100] or "its top"


def _typed_right(sed: dict[str, Any]) -> None:
    """Raise FieldError unless each word of JSON Schema has the type that it must have: JSON Schema has the table itself."""
    import jsonschema

    try:
        jsonschema.Draft7Validator.check_schema(sed)
    except jsonschema.SchemaError as problem:
        raise FieldError("schema", f"is no JSON Schema: at {_place(problem.path)}, {problem.message[:300]}") from problem
    except RecursionError as ex:
        raise FieldError("schema", "is nested too deep") from ex


def _check(sed: dict[str, Any]) -> None:
    """What keripy would take and this wallet does not. Raises FieldError."""
    _typed_right(sed)
    block = _block(sed)
    if block is None:
        raise FieldError("schema", "describes no attributes: properties/a must be an object, or a choice that has one")
    wrong = references.trouble(sed)
    if wrong:
        raise FieldError("schema", wrong)


def _block(sed: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of the attributes: `a` itself, or the one object among its alternatives (the other is its bare SAID)."""
    properties = sed.get("properties")
    section = properties.get("a") if isinstance(properties, dict) else None
    if not isinstance(section, dict):
        return None
    choices = [section, *(section.get("oneOf") or []), *(section.get("anyOf") or [])]
    for each in choices:
        if isinstance(each, dict) and isinstance(each.get("properties"), dict):
            return each
    return None


def attributes(sed: dict[str, Any]) -> list[Attribute]:
    """The inputs that the form has for a schema, in its order."""
    block = _block(sed) or {}
    required = block.get("required") or []
    made = []
    for name, rule in block.get("properties", {}).items():
        if name in OWN:
            continue
        rule = rule if isinstance(rule, dict) else {}
        kind = rule.get("type") if rule.get("type") in ("string", "integer", "number", "boolean") else "json"
        options = tuple(each for each in rule.get("enum") or () if isinstance(each, str)) if kind == "string" else ()
        words = str(rule.get("description") or "")
        label = str(rule.get("title") or name)
        made.append(Attribute(name, label, kind, name in required, words, options, str(rule.get("format") or "")))
    return made


def needs_holder(sed: dict[str, Any]) -> bool:
    """Whether the attributes must name whom the credential is about."""
    return "i" in ((_block(sed) or {}).get("required") or [])


def filled(fields: Fields, sed: dict[str, Any]) -> dict[str, Any]:
    """The attributes: JSON's `attributes`, or the form's inputs named a-NAME. Raises FieldError; the schema judges later."""
    if fields.given("attributes"):
        given = fields.json("attributes")
        if not isinstance(given, dict):
            raise FieldError("attributes", "must be a JSON object")
        foreign = sorted(OWN & given.keys() - {"dt"})
        if foreign:
            raise FieldError("attributes", f"has {foreign[0]}, which the credential gets by itself")
        if "dt" in given and (reason := shapes.moment(given["dt"])):
            raise FieldError("attributes", f"has a dt that {reason}")
        return given
    made: dict[str, Any] = {}
    for each in attributes(sed):
        field = f"a-{each.name}"
        if each.kind == "boolean":
            made[each.name] = fields.flag(field)
            continue
        text = fields.text(field, "")
        if not text.strip():
            if each.required:
                raise FieldError(field, "is missing")
            continue
        made[each.name] = _typed(field, each.kind, text, fields)
    return made


def _typed(field: str, kind: str, text: str, fields: Fields) -> Any:
    match kind:
        case "integer":
            return fields.integer(field, -(1 << 53), 1 << 53)
        case "number":
            return _number(field, text.strip())
        case "json":
            return fields.json(field)
    return text


def _number(field: str, text: str) -> int | float:
    """A number as JSON writes it: `2` stays a whole one. Python's own readers take `1_000` and the digits of all scripts."""
    if not NUMBER.fullmatch(text):
        raise FieldError(field, "must be a number, such as 2 or 0.5, in the digits 0 to 9")
    if WHOLE.fullmatch(text):
        value: int | float = int(text)
        if abs(value) > 1 << 53:
            raise FieldError(field, f"must be from {-(1 << 53)} to {1 << 53}: JSON's readers do not keep larger ones exactly")
        return value
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise FieldError(field, "is a larger number than JSON's readers can hold")
    if Decimal(repr(value)) != Decimal(text):
        raise FieldError(field, f"has more digits than a number can hold: it would become {value!r}")
    return value


def judge(sed: dict[str, Any], sad: dict[str, Any]) -> None:
    """Raise FieldError that names the attribute when a credential does not fit its schema."""
    import jsonschema

    try:
        errors = list(jsonschema.Draft7Validator(sed).iter_errors(sad))
    except Exception as ex:  # it runs what the schema's author wrote: references, regular expressions. The fault is there
        raise FieldError("schema", f"cannot judge a credential: {type(ex).__name__}, {str(ex)[:200]}") from ex
    for error in errors:
        deepest = jsonschema.exceptions.best_match([error])
        path = list(deepest.absolute_path) if deepest is not None else []
        if path[:1] == ["a"] and len(path) > 1:
            raise FieldError(f"a-{path[1]}", deepest.message[:300])
        raise FieldError("attributes", f"at {_place(path)}: {(deepest or error).message[:300]}")


def stored(db: Any) -> list[Any]:
    """keripy's Schemers of all schemas in a database, by title."""
    return sorted((schemer for _, schemer in db.schema.getItemIter()), key=lambda each: title(each.sed).lower())


def title(sed: dict[str, Any]) -> str:
    """What a schema calls its credentials."""
    return str(sed.get("title") or sed.get("credentialType") or sed.get("$id") or "")[:200]


def _sample(title: str, kind: str, words: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    text = {"type": "string"}
    own = {
        "d": {"description": "SAID of the attributes", **text},
        "i": {"description": "Identifier of the holder", **text},
        "dt": {"description": "When it was issued", **text, "format": "date-time"},
    }
    return {
        "$id": "",
        "$schema": DRAFT,
        "title": title,
        "description": words,
        "type": "object",
        "credentialType": kind,
        "version": "1.0.0",
        "properties": {
            "v": {"description": "Version", **text},
            "d": {"description": "SAID of the credential", **text},
            "u": {"description": "Salt of a private one", **text},
            "i": {"description": "Identifier of the issuer", **text},
            "ri": {"description": "Registry of its state", **text},
            "s": {"description": "SAID of this schema", **text},
            "a": {
                "oneOf": [
                    {"description": "SAID of the attributes", **text},
                    {
                        "description": "The attributes",
                        "type": "object",
                        "properties": {**own, **properties},
                        "additionalProperties": False,
                        "required": ["i", "dt", *required],
                    },
                ]
            },
            "e": {"description": "Edges to other credentials", "type": "object"},
            "r": {"description": "Rules", "type": "object"},
        },
        "additionalProperties": False,
        "required": ["v", "d", "i", "ri", "s", "a"],
    }


SAMPLES = {
    "course": _sample(
        "Course certificate",
        "CourseCertificate",
        "Somebody has completed a course.",
        {
            "course": {"title": "Course", "description": "What was taught", "type": "string", "minLength": 1},
            "grade": {"title": "Grade", "type": "string", "enum": ["passed", "with merit", "with distinction"]},
            "hours": {"title": "Hours", "description": "Lessons attended", "type": "integer", "minimum": 1},
            "online": {"title": "Held online", "type": "boolean"},
        },
        ["course", "grade"],
    ),
    "member": _sample(
        "Membership card",
        "MembershipCard",
        "Somebody belongs to a club.",
        {
            "name": {"title": "Name", "type": "string", "minLength": 1},
            "number": {"title": "Member number", "type": "integer", "minimum": 1},
            "until": {"title": "Valid until", "type": "string", "format": "date"},
        },
        ["name", "number"],
    ),
}
"""Name -> schema, without its SAID."""
