"""The crypto slice's pages: the overview with its libraries, the panel of the home page, one page per tool."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import Any, NamedTuple

import falcon
from keriwasm.web.rendering import answer

from . import hashing
from .inputs import tell

__all__ = ["TITLES", "TOOLS", "Overview", "Panel", "Tool", "ToolPage", "libraries", "show"]


class Tool(NamedTuple):
    """One tool with a page of its own, below app/crypto/."""

    name: str
    title: str
    about: str
    symbol: str


TOOLS = (
    Tool("hash", "Hash", "Digest of a text, a file or many dropped files, spread over the pool.", "hash"),
    Tool("ed25519", "Ed25519", "Key pair, signature, verification: what KERI signs with by default.", "ok"),
    Tool("box", "Sealed box", "Encrypt to an X25519 public key so that only its holder can read it.", "wallet"),
    Tool("xchacha", "XChaCha20-Poly1305", "Encrypt and authenticate with one shared key.", "shield"),
    Tool("argon2id", "Argon2id", "Turn a password into a key, slowly on purpose.", "gauge"),
)
TITLES = {each.name: f"{each.title} · Crypto · KeriWasm" for each in TOOLS}
TITLE = "Crypto · KeriWasm"

# Distributions whose versions the page tells; libsodium, liboqs and blake3 are the wasm wheels of this project.
_LIBRARIES = ("libsodium", "pysodium", "blake3")


@cache
def libraries() -> dict[str, str]:
    """Name -> version of the crypto libraries installed here, read from their wheels: loads none of them."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # a native libsodium in tests is no Python distribution
            continue
    return found


def show(req: falcon.Request, rep: falcon.Response, template: str, tool: str, **data: Any) -> None:
    """Answer with a tool's page ("" is the overview); as JSON, with the facts that the page shows."""
    data["tools"] = [each._asdict() for each in TOOLS]
    tell(req, rep, template, data, title=TITLES.get(tool, TITLE), current=tool)


def _facts() -> dict[str, Any]:
    return {"libraries": libraries(), "algorithms": [each.name for each in hashing.algorithms().values()]}


class Overview:
    """GET /app/crypto: the tools, the hash functions and the libraries of this worker."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        show(req, rep, "pages/crypto/index.html", "", **_facts())


class Panel:
    """GET /app/crypto/panel: the part of the home page."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        # Without a title: several panels are joined into one page, whose title the first one gives.
        answer(req, rep, "fragments/crypto/panel.html", _facts())


class ToolPage:
    """GET /app/crypto/{ed25519,box,xchacha,argon2id}: a page of forms without facts of its own."""

    name = ""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        show(req, rep, f"pages/crypto/{self.name}.html", self.name, **self.facts())

    def facts(self) -> dict[str, Any]:
        """What its page is told."""
        return {}

    def tell(self, req: falcon.Request, rep: falcon.Response, step: str, data: dict[str, Any], **more: Any) -> None:
        """Answer with what a step has made; `more` is for the page only."""
        tell(req, rep, f"fragments/crypto/{step}.html", data, title=TITLES[self.name], **more)
