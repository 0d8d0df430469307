"""Where in a cell's text the cursor stands: what is being written there, and in which call. Text alone, nothing runs."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Call", "Place", "read"]

BACK = 20_000
"""Characters before the cursor that are read: what begins earlier is not seen."""
OPEN, CLOSE = "([{", ")]}"
SKIPPED = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER)


@dataclass
class Token:
    kind: int
    text: str
    begin: int
    end: int


@dataclass
class Call:
    """The call whose arguments are being written."""

    callee: str
    argument: int = 0
    """How many stand before the one at the cursor."""
    keyword: str = ""
    """Its name, if it has one."""
    given: set[str] = field(default_factory=set)
    innermost: bool = True


@dataclass
class Place:
    """prefix: what of a name is written; owner: the expression before its dot; module: `from M import` or `import M.`"""

    prefix: str = ""
    owner: str | None = None
    module: str | None = None
    names: bool = False
    """Names of that module are wanted, not modules below it."""
    call: Call | None = None


def read(source: str, at: int) -> Place | None:
    """The place of the cursor; None in a string, a comment or a number."""
    text = source[:at]
    if len(text) > BACK:
        text = text[text.find("\n", len(text) - BACK) + 1 :]
    tokens = _tokens(text)
    if tokens is None:
        return None
    last = tokens[-1] if tokens else None
    place = Place()
    if last and last.end == len(text) and last.kind in (tokenize.COMMENT, tokenize.NUMBER, tokenize.STRING):
        return None
    if last and last.end == len(text) and last.kind == tokenize.NAME:
        place.prefix = tokens.pop().text
    tokens = [token for token in tokens if token.kind not in SKIPPED]
    place.call = _call(tokens, text)
    statement = tokens[1 + max((n for n, t in enumerate(tokens) if t.kind == tokenize.NEWLINE or t.text == ";"), default=-1) :]
    if statement and statement[0].text in ("from", "import"):
        return place if _importing(place, [token.text for token in statement]) else None
    if tokens and tokens[-1].text == ".":
        begin = _primary(tokens, len(tokens) - 2)
        if begin is None:
            return None
        place.owner = text[tokens[begin].begin : tokens[-1].begin]
    return place


def _tokens(text: str) -> list[Token] | None:
    """Those before the cursor; None when it stands in a string."""
    starts, at = [], 0
    for line in text.splitlines(keepends=True):
        starts.append(at)
        at += len(line)
    starts.append(at)
    made: list[Token] = []
    try:
        for kind, string, (row, column), (end_row, end_column), _ in tokenize.generate_tokens(io.StringIO(text).readline):
            if kind == tokenize.ERRORTOKEN and string[:1] in "'\"":
                return None
            if row > len(starts) or (kind in (tokenize.NEWLINE, tokenize.NL) and not string):
                continue
            end = starts[end_row - 1] + end_column if end_row <= len(starts) else at
            made.append(Token(kind, string, starts[row - 1] + column, end))
    except (tokenize.TokenError, SyntaxError) as ex:
        if "string" in str(ex):
            return None
    return [token for token in made if token.kind != tokenize.ENDMARKER]


def _importing(place: Place, words: list[str]) -> bool:
    """Fill in what an import statement wants next; False when nothing can be offered."""
    if "as" in words[-2:]:
        return False
    if words[0] == "from" and "import" in words:
        at = words.index("import")
        place.module, place.names = "".join(words[1:at]), True
        return True
    path = words[1:]
    if words[0] == "import" and "," in path:
        path = path[len(path) - path[::-1].index(",") :]
    if path and path[-1] != ".":
        return False
    place.module = "".join(path[:-1])
    return True


def _primary(tokens: list[Token], at: int) -> int | None:
    """Where the expression begins that ends with a token: names, calls, subscripts and dots; None when it is none."""
    while at >= 0:
        token = tokens[at]
        if token.text in CLOSE and token.kind == tokenize.OP:
            depth = 0
            while at >= 0:
                depth += (tokens[at].text in CLOSE) - (tokens[at].text in OPEN) if tokens[at].kind == tokenize.OP else 0
                if not depth:
                    break
                at -= 1
            if at < 0:
                return None
            before = tokens[at - 1] if at else None
            if before and (before.kind in (tokenize.NAME, tokenize.STRING) or before.text in CLOSE) and not _word(before):
                at -= 1
                continue
        elif token.kind not in (tokenize.NAME, tokenize.STRING) or _word(token):
            return None
        if at >= 2 and tokens[at - 1].text == ".":
            at -= 2
            continue
        return at
    return None


def _word(token: Token) -> bool:
    """Whether it is a word of the language, which is never called."""
    return token.kind == tokenize.NAME and keyword.iskeyword(token.text) and token.text not in ("None", "True", "False")


def _open(tokens: list[Token]) -> Iterator[int]:
    """The brackets that are open at the end, the innermost first."""
    depth = 0
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at].kind == tokenize.NEWLINE:
            return
        if tokens[at].kind == tokenize.OP and tokens[at].text in CLOSE:
            depth += 1
        elif tokens[at].kind == tokenize.OP and tokens[at].text in OPEN:
            if not depth:
                yield at
            depth = max(0, depth - 1)


def _call(tokens: list[Token], text: str) -> Call | None:
    """The nearest call around the end."""
    innermost = True
    for at in _open(tokens):
        begin = _primary(tokens, at - 1) if tokens[at].text == "(" else None
        if begin is None or (begin and tokens[begin - 1].text in ("def", "class")):
            innermost = False
            continue
        call = Call(text[tokens[begin].begin : tokens[at].begin], innermost=innermost)
        depth, fresh = 0, True
        for here, token in enumerate(tokens[at + 1 :], start=at + 1):
            if token.kind == tokenize.OP:
                depth += (token.text in OPEN) - (token.text in CLOSE)
                if token.text == "," and not depth:
                    call.argument, call.keyword, fresh = call.argument + 1, "", True
                    continue
            named = here + 1 < len(tokens) and tokens[here + 1].text == "="
            if fresh and token.kind == tokenize.NAME and named:
                call.keyword = token.text
                call.given.add(token.text)
            fresh = False
        return call
    return None
