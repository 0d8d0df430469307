"""Fields: every kind of body, strict values, errors that name the field, and never a 500 for garbage."""

from __future__ import annotations

import base64
import json
import tomllib
from pathlib import Path
from urllib.parse import quote_from_bytes

import falcon
import pytest
import workerkit  # noqa: F401  (sets the path)
from hypothesis import given, settings
from hypothesis import strategies as st
from keriwasm.data.encoding import b64u
from keriwasm.web.form.body import MAX_BODY, MAX_FILE
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields, Item, unb64u
from slicekit import of_form, of_json, request
from slices.crypto.inputs import carried

BOUNDARY = "frontier"


def multipart(*parts):
    body = b""
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
        body += f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def of_parts(*parts):
    return Fields(request(multipart(*parts), f"multipart/form-data; boundary={BOUNDARY}"))


def refused(call, field, status=422, words=""):
    with pytest.raises(FieldError) as info:
        call()
    assert info.value.field == field
    assert info.value.status_code == status
    assert words in info.value.reason
    assert info.value.extra["errors"] == [{"field": field, "reason": info.value.reason}]


# -- base64url ----------------------------------------------------------------------------------------------------


@given(st.binary(max_size=200))
def test_base64url_round_trip_as_the_standard_library_has_it(data):
    text = b64u(data)
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")
    assert unb64u(text, "x") == data


@given(st.text(max_size=40))
def test_base64url_accepts_only_what_it_would_write(text):
    try:
        data = unb64u(text, "x")
    except FieldError:
        return
    assert b64u(data) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("QQ==", "padding"),
        ("+/", "only"),
        ("A", "whole bytes"),
        ("QR", "zero"),
        ("Q Q", "only"),
        ("QQ\n", "only"),
        ("é", "only"),
    ],
)
def test_base64url_says_what_is_wrong(text, words):
    refused(lambda: unb64u(text, "key"), "key", words=words)


# -- the three kinds of body --------------------------------------------------------------------------------------


def test_the_same_fields_in_every_kind_of_body():
    message = "Zoë & co = 100%+\n"
    form = f"name=a&text={quote_from_bytes(message.encode())}&n=-7&on=on"
    for fields in (
        of_json({"name": "a", "text": message, "n": -7, "on": True}),
        of_form(form),
        of_parts(("name", None, b"a"), ("text", None, message.encode()), ("n", None, b"-7"), ("on", None, b"on")),
        Fields(request(query=form)),
    ):
        assert fields.text("name") == "a"
        assert fields.message() == message.encode()
        assert fields.integer("n", -10, 10) == -7
        assert fields.flag("on") is True and fields.flag("off") is False
        assert fields.choice("name", ["b", "a"]) == "a"
        assert fields.text("none", None) is None and fields.given("name") and not fields.given("none")


def test_the_body_outweighs_the_query():
    fields = of_form("a=body", query="a=query&b=query")
    assert (fields.text("a"), fields.text("b")) == ("body", "query")


def test_plus_and_percent_in_forms():
    assert of_form("a=1+2%2B3&b").text("a") == "1 2+3"
    assert of_form("a=%zz").text("a") == "%zz"
    assert of_form("b").text("b") == ""


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=20), max_size=4))
def test_urlencoded_is_read_as_it_was_written(values):
    body = "&".join(f"{quote_from_bytes(k.encode())}={quote_from_bytes(v.encode())}" for k, v in values.items())
    fields = of_form(body)
    for name, value in values.items():
        if "\0" in value:
            refused(lambda name=name: fields.text(name), name, words="NUL")
        else:
            assert fields.text(name) == typed(value)


def typed(value):
    """A text as somebody typed it: a text box knows one line end, however the browser sends it."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


@given(st.lists(st.sampled_from(["a", "\u00e9", "\n", "\r\n", "\r", " "]), max_size=12).map("".join))
def test_one_rule_for_line_ends(value):
    """Page/15: the same lines are the same message by every form, by JSON and as a file; JSON and files stay exact."""
    sent = typed(value).replace("\n", "\r\n")  # as browsers send what a text box holds
    message = typed(value).encode()
    assert of_form(f"text={quote_from_bytes(sent.encode())}").message() == message
    assert of_parts(("text", None, sent.encode())).message() == message
    assert of_json({"text": typed(value)}).message() == message
    assert of_parts(("file", "f", message)).message() == message
    assert of_json({"text": value}).message() == value.encode()
    assert of_parts(("file", "f", value.encode())).message() == value.encode()
    assert carried(message) == (typed(value) if message else "")


def test_names_are_what_they_were_before_the_browser_wrote_them():
    """Page/48."""
    fields = of_parts(("file", "we%22ird.txt", b"x"))
    assert fields.file()[0] == 'we"ird.txt'
    files = of_parts(("items", "new%0Aline%0D.txt", b"1"), ("items", "100%25 20%2F.txt", b"2"), ("i%22", None, b"3"))
    assert [item.name for item in files.items()] == ["new\nline\r.txt", "100%25 20%2F.txt"]
    assert files.text('i"') == "3"


def test_a_file_of_exactly_the_limit_fits_with_the_form_around_it():
    """Page/48: 64 MiB is what the page says, and the form's own bytes are not the person's to count."""
    data = bytes(MAX_FILE)
    fields = of_parts(("algorithm", None, b"blake3"), ("text", None, b""), ("data", None, b""), ("file", "big.bin", data))
    assert len(fields.message()) == MAX_FILE
    refused(of_parts(("file", "big.bin", data + b"x")).message, "file", 413)
    manifest = tomllib.loads((Path(__file__).resolve().parents[4] / "pyscript.toml").read_text())
    assert manifest["pool"]["max_body_bytes"] == MAX_BODY > MAX_FILE


# -- messages -----------------------------------------------------------------------------------------------------


@given(st.text(max_size=100))
def test_a_message_may_be_any_text(text):
    assert of_json({"text": text}).message() == text.encode()


@given(st.binary(max_size=100))
def test_a_message_may_be_any_bytes(data):
    assert of_json({"data": b64u(data)}).message() == data
    assert of_parts(("file", "x.bin", data)).message() == data
    assert of_parts(("data", "x.bin", data)).message() == data


def test_exactly_one_of_text_data_and_file():
    refused(of_json({}).message, "text", words="missing")
    refused(of_json({"text": None}).message, "text", words="missing")
    refused(of_json({"text": "a", "data": "QQ"}).message, "data", words="exactly one")
    refused(of_json({"text": "", "data": "QQ"}).message, "data", words="exactly one")
    refused(of_parts(("text", None, b"a"), ("file", "f", b"b")).message, "file", words="exactly one")
    refused(of_json({"text": 5}).message, "text", words="not a number")
    refused(of_json({"data": "Q"}).message, "data")
    assert of_json({"text": ""}).message() == b""


def test_a_forms_untouched_inputs_do_not_count():
    untouched = ("file", "", b"")
    assert of_parts(("text", None, b""), untouched).message() == b""
    assert of_parts(("text", None, b"a"), ("data", None, b""), untouched).message() == b"a"
    assert of_parts(("text", None, b""), ("data", None, b""), ("file", "f", b"b")).message() == b"b"
    assert of_parts(("text", None, b""), ("data", None, b""), ("file", "f", b"")).message() == b""
    assert of_form("text=&data=QQ").message() == b"A"
    refused(of_parts(untouched).message, "text", words="missing")


# -- values that are wrong ----------------------------------------------------------------------------------------


def test_wrong_values_name_their_field():
    fields = of_json(
        {"t": 1, "n": "x", "f": 1.5, "b": True, "l": [1], "o": {}, "big": "x" * 50, "nul": "a\0"}
    )
    refused(lambda: fields.text("t"), "t", words="not a number")
    refused(lambda: fields.text("l"), "l", words="not a list")
    refused(lambda: fields.text("o"), "o", words="not an object")
    refused(lambda: fields.text("b"), "b", words="true or false")
    refused(lambda: fields.text("none"), "none", words="missing")
    refused(lambda: fields.text("big", max_bytes=49), "big", 413, "50")
    refused(lambda: fields.text("nul"), "nul", words="NUL")
    refused(lambda: fields.integer("n", 0, 5), "n", words="whole number")
    refused(lambda: fields.integer("f", 0, 5), "f", words="whole number")
    refused(lambda: fields.integer("b", 0, 5), "b", words="whole number")
    refused(lambda: fields.integer("t", 2, 5), "t", words="from 2 to 5")
    refused(lambda: fields.choice("n", ["a", "b"]), "n", words="one of: a, b")
    refused(lambda: fields.binary("big", size=32), "big")
    refused(lambda: of_json({"k": b64u(b"123")}).binary("k", size=(2, 4)), "k", words="2 or 4 bytes long, not 3")
    refused(lambda: of_json({"k": b64u(b"123")}).binary("k", max_bytes=2), "k", 413)
    refused(lambda: of_form("a=1&a=2").text("a"), "a", words="more than once")
    refused(lambda: of_form("a=%ff%fe").text("a"), "a", words="UTF-8")
    refused(lambda: of_form("a=%ff").flag("a"), "a", words="UTF-8")
    refused(lambda: of_form("n=" + "9" * 21).integer("n", 0, 5), "n")
    refused(lambda: of_form("n=").integer("n", 0, 5), "n")
    refused(lambda: of_form("n=١").integer("n", 0, 5), "n")
    refused(lambda: of_parts(("a", "f.txt", b"x")).text("a"), "a", words="not a file")
    refused(lambda: of_parts(("file", None, b"x")).file(), "file", words="must be a file")
    refused(lambda: of_parts(("file", "f", b"xyz")).file(max_bytes=2), "file", 413)
    assert of_form("n=").integer("n", 0, 5, default=3) == 3
    assert of_parts(("file", "f.txt", b"xyz")).file() == ("f.txt", b"xyz")


def test_items():
    items = of_json({"items": [{"name": "a", "data": "QQ"}, {"name": "b", "text": "é"}]}).items()
    assert items == [Item("a", b"A"), Item("b", "é".encode())]
    files = of_parts(("file", "one", b"1"), ("file", "two", b"2"), ("items", "three", b"3"))
    assert files.items() == [Item("three", b"3"), Item("one", b"1"), Item("two", b"2")]
    assert of_form("items=" + quote_from_bytes(b'[{"name":"a","data":""}]')).items() == [Item("a", b"")]
    refused(of_json({}).items, "items", words="missing")
    refused(of_json({"items": []}).items, "items", words="empty")
    refused(of_json({"items": {}}).items, "items", words="list")
    refused(of_json({"items": [1]}).items, "items[0]", words="object")
    refused(of_json({"items": [{"name": "a"}]}).items, "items[0].data", words="missing")
    refused(of_json({"items": [{"name": "a", "data": "QQ"}, {"data": "QQ"}]}).items, "items[1].name")
    refused(of_json({"items": [{"name": "a", "data": "Q"}]}).items, "items[0].data")
    refused(of_json({"items": [{"name": 1, "data": "QQ"}]}).items, "items[0].name")
    refused(of_json({"items": [{"name": "a", "data": "QQ", "text": ""}]}).items, "items[0].text")
    refused(lambda: of_json({"items": [{"name": "a", "data": "QQ"}] * 3}).items(max_items=2), "items", 413)
    refused(lambda: of_json({"items": [{"name": "a", "data": "QUFB"}] * 3}).items(max_bytes=8), "items", 413)
    refused(lambda: of_form("items=%7B").items(), "items", words="JSON")


# -- bodies that are wrong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (b'{"a":NaN}', "a", "at /a NaN"),
        (b'{"data":[{"x":1e400}]}', "data", "at /data/0/x a number that is too large: 1e400"),
        (b'{"data":{"x":1e-400}}', "data", "too small"),
        (b'{"n":' + b"9" * 5000 + b"}", "n", "5000 digits"),
        (b'{"a":{"b/c":"\\ud800"}}', "a", "at /a/b~1c half of a pair"),
        (b'{"a":{"\\udfff":1}}', "a", "half of a pair"),
    ],
)
def test_numbers_and_texts_that_no_json_has_name_their_place(body, field, words):
    refused(lambda: Fields(request(body, "application/json")), field, words=words)
    form = of_form("j=" + quote_from_bytes(body))  # the same, as the text of a form's field
    refused(lambda: form.json("j"), "j", words=words)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"\xff\xfe",
        b'{"a":1,"a":2}',
        b"[" * 100_000,
        b'{"a":' * 5000,
    ],
)
def test_unparsable_json_is_a_400(body):
    with pytest.raises(falcon.HTTPBadRequest):
        Fields(request(body, "application/json"))


@pytest.mark.parametrize("value", [None, 1, "a", [], True])
def test_json_that_is_no_object_names_the_body(value):
    refused(lambda: of_json(value), "body", words="object")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary="),
        (b"x", "multipart/form-data; boundary=frontier"),
        (b"", "multipart/form-data; boundary=frontier"),
        (b"--frontier\r\n\r\nx", "multipart/form-data; boundary=frontier"),
        (
            b"--frontier\r\nContent-Disposition: form-data\r\n\r\nx\r\n--frontier--",
            "multipart/form-data; boundary=frontier",
        ),
        (multipart(("a", None, b"x"))[:-12], "multipart/form-data; boundary=frontier"),
        (multipart(("a", None, b"x")).replace(b'"a"', b'"\xff"'), "multipart/form-data; boundary=frontier"),
    ],
)
def test_a_broken_multipart_form_is_a_400(body, kind):
    with pytest.raises(falcon.HTTPBadRequest):
        Fields(request(body, kind))


def test_other_kinds_are_a_415_and_too_much_is_a_413():
    for kind in ("text/plain", "application/xml", "application/octet-stream", None, "garbage"):
        with pytest.raises(falcon.HTTPUnsupportedMediaType):
            Fields(request(b"x", kind))
    assert not Fields(request(b"", None)).given("a")
    assert not Fields(request(b"", "text/plain")).given("a")
    with pytest.raises(falcon.HTTPContentTooLarge):
        Fields(request(b'{"a":"bcdef"}', "application/json"), max_body=8)
    with pytest.raises(falcon.HTTPContentTooLarge):
        of_form("a&" * 30_000)


# -- garbage ------------------------------------------------------------------------------------------------------

KINDS = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", f"multipart/form-data; boundary={BOUNDARY}", "text/x", ""]
)
JUNK = st.one_of(
    st.binary(max_size=120),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["text", "data", "file", "items", "n", "name"]), inner, max_size=4)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
    st.lists(
        st.tuples(
            st.sampled_from(["text", "data", "file", "items", "n", "name"]),
            st.sampled_from([None, "", "f"]),
            st.binary(max_size=20),
        ),
        max_size=4,
    ).map(lambda parts: multipart(*parts)),
    st.lists(
        st.sampled_from(["text", "data", "n", "items", "=", "&", "%", "%00", "%ff", "+", "Q", "QQ", "[", "]"])
    ).map(lambda words: "".join(words).encode()),
)


@settings(max_examples=600, deadline=None)
@given(body=JUNK, kind=KINDS, query=st.text(alphabet="text=&%data1Q+;", max_size=20))
def test_garbage_is_refused_with_a_4xx_or_read(body, kind, query):
    calls = [
        lambda fields: fields.message(),
        lambda fields: fields.items(),
        lambda fields: fields.text("name"),
        lambda fields: fields.text("text", None),
        lambda fields: fields.binary("data", None, size=32),
        lambda fields: fields.file("file", None),
        lambda fields: fields.integer("n", 0, 9, None),
        lambda fields: fields.choice("name", ["a"], None),
        lambda fields: fields.flag("n"),
    ]
    for call in calls:
        try:
            call(Fields(request(body, kind, query)))
        except falcon.HTTPError as ex:
            assert ex.status_code in (400, 413, 415, 422)
            if isinstance(ex, FieldError):
                assert ex.field and ex.reason
            json.dumps(getattr(ex, "extra", {}), ensure_ascii=False).encode()
