"""Words of the trade that explain themselves: the template filter `explained` marks the first of each in a text.

Whoever points at one, touches it or comes to it by keyboard reads what it means (static/css/app.css shows it); a screen reader
is told it as the word's description.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

TERMS = {
    "AID": "Autonomic identifier: a name made of its own first keys, so that nobody has to hand it out or vouch for it.",
    "SAID": "Self-addressing identifier: the digest of a content, written into that content. Another content has another one.",
    "CESR": "Composable event streaming representation: how KERI writes events, keys and signatures as text, one after another.",
    "base64url": "Bytes written with A to Z, a to z, 0 to 9, - and _: three bytes as four letters, here without = at the end.",
    "seals": "A seal is a digest that stands in a log: proof that whoever holds the keys had that very data then, without showing it.",
}
"""Word -> what it means, in one or two short sentences."""

MARK = Markup(
    '<span class="term" tabindex="0" aria-description="{told}">{word}<span class="tip" aria-hidden="true">{told}</span></span>'
)
_WORDS = re.compile(r"\b(AID|SAID|CESR|base64url|Base64url|seals(?= into the log)|Seals(?= as JSON))\b")


def explained(text: object) -> Markup:
    """The text, escaped, with the first of each word that is in TERMS marked. What is markup already stays as it is."""
    if hasattr(text, "__html__"):
        return Markup(text)
    seen: set[str] = set()

    def mark(found: re.Match[str]) -> str:
        word = found[1]
        name = word if word in TERMS else word[0].lower() + word[1:]
        if name in seen:
            return word
        seen.add(name)
        return MARK.format(word=word, told=TERMS[name])

    return Markup(_WORDS.sub(mark, str(escape(text))))
