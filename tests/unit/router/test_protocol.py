"""The protocol stands in one file per language: they say the same, and nobody posts what stands in neither."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import keriwasm

from router.policy import protocol

ROOT = Path(__file__).resolve().parents[3]
DOMAINS = "early|restore|http|worker|pool|router|door|leader|app|outside|gateway"
MESSAGE = re.compile(rf"(?:{DOMAINS}):[a-z_-]+")
EVENTS = {"pool:status"}
"""A message, and the name under which the page's own Python hears of it."""


def typed() -> dict[str, set[str]]:
    """Type -> fields (without v, type and version) of every message in router/protocol.d.ts."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", (ROOT / "router/protocol.d.ts").read_text(), flags=re.S)
    found: dict[str, set[str]] = {}
    for declared in re.findall(r"^export type \w+ = (.*?);\n(?=export|type|\n|$)", text, flags=re.S | re.M):
        types = MESSAGE.findall(declared)
        if not types:
            continue
        fields = {"id", "generation"} if declared.startswith("Own<") else set()
        depth = 0
        for step in re.finditer(r"[{}<>]|(\w+)\??:(?= )", declared):
            if step[0] in "{}":
                depth += 1 if step[0] == "{" else -1
            elif step[1] and depth == 1:
                fields.add(step[1])
        for each in types:
            assert each not in found, each
            found[each] = fields - {"type"}
    return found


TYPED = typed()


def test_both_say_the_same() -> None:
    assert len(TYPED) > 50, sorted(TYPED)
    ours = {each: set(fields.split()) for each, fields in protocol.MESSAGES.items()}
    assert ours == {each: TYPED.get(each) for each in ours}
    unsaid = {each for each in TYPED if each.startswith("http:")} - set(ours)
    assert not unsaid, "Python speaks all of HTTP"
    verbs = {each.partition(":")[2] for each in ours if each.startswith("worker:")} - {"drain", "inject"}
    assert set(protocol.TOLD) == verbs | {"cancelled", "end"}


def test_one_number() -> None:
    """In each interpreter of its own: doors, router, workers."""
    (door,) = re.findall(r"const PROTOCOL = (\d+);", (ROOT / "router/doors/door.js").read_text())
    others = [path for path in (ROOT / "router").rglob("*.js") if path.name != "door.js"]
    assert not [path for path in others if re.search(r"PROTOCOL = \d", path.read_text())]
    assert int(door) == protocol.PROTOCOL == keriwasm.PROTOCOL


def test_javascript_posts_nothing_else() -> None:
    paths = [path for room in ("router", "workers", "static/page") for path in (ROOT / room).rglob("*.js")]
    said = {each for path in paths for each in re.findall(rf"'({MESSAGE.pattern})'", path.read_text())}
    assert len(said) > 40 and said <= set(TYPED), said - set(TYPED)
    python = set(protocol.MESSAGES)
    unspoken = {each for each in set(TYPED) - said - python if not each.startswith("restore:")}
    assert not unspoken, "nobody says these"


def posted() -> Iterator[tuple[str, str, set[str]]]:
    """Where Python makes a message, its type and its fields, as far as the source says them."""
    for path in [*(ROOT / "router/policy").rglob("*.py"), *(ROOT / "python/keriwasm").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            kind = node.args[0].value
            if name in ("post", "message", "_order") and isinstance(kind, str) and MESSAGE.fullmatch(kind):
                yield path.name, kind, {keyword.arg for keyword in node.keywords if keyword.arg}


def test_python_posts_nothing_else() -> None:
    found = list(posted())
    assert {kind for _, kind, _ in found} >= {"worker:heartbeat", "http:reply", "pool:resize", "worker:drain"}
    for place, kind, fields in found:
        assert kind in protocol.MESSAGES, f"{place} posts {kind}"
        assert fields <= set(protocol.MESSAGES[kind].split()), f"{place} posts {kind} with {fields}"
