"""A package for the notebook, from an index whose address the user gives: the newest wheel of pure Python, held against the index's hash.

The index answers as the JSON form of Python's simple repository API says: a list of files, each with its address and hashes. It and the
server that has the files, which may be another, are asked for separately, by name.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import falcon
from keriwasm.data import guarding
from keriwasm.web.deeds import Resource, deed
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.outside import Answer, Request, unanswered

from . import consent as consents

__all__ = ["Package", "choose"]

# The media type of an index's answer in JSON (PEP 691), whatever host the person names.
ACCEPT = "application/vnd.pypi.simple.v1+json"
INDEX_MOST = 8 << 20
WHEEL_MOST = 20 << 20
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
WHEEL = re.compile(r"[\w.]+-(?P<version>[\w.!+]+)(-\d\w*)?-(?P<python>[\w.]+)-none-any\.whl", re.ASCII)
RELEASE = re.compile(r"v?(?P<numbers>\d+(\.\d+){0,9})(\.?post(?P<post>\d+))?")
CLAUSE = re.compile(r"\s*(>=|<=|>|<|==|!=|~=)\s*(\d+(?:\.\d+)*)(\.\*)?\s*")


@dataclass(frozen=True)
class Found:
    """A wheel that an index has."""

    filename: str
    url: str
    sha256: str


def choose(told: Any, page: str, python: tuple[int, ...] = sys.version_info[:3]) -> Found:
    """The newest wheel that runs here. page: the address that the list came from. Raises FieldError."""
    files = told.get("files") if isinstance(told, dict) else None
    if not isinstance(files, list):
        raise FieldError("index", "was not understood: its answer has no list of files (the JSON form of the simple repository API)")
    fit = [(version, file) for file in files if isinstance(file, dict) and (version := _fits(file, python)) is not None]
    if not fit:
        raise FieldError("name", f"has no wheel of pure Python there that runs here, among {len(files):,} files")
    _, file = max(fit, key=lambda pair: pair[0])
    hashes = file.get("hashes")
    sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
    if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise FieldError("index", f"gives no SHA-256 of {file['filename']}, so that it could not be checked")
    url = urljoin(page, file["url"])
    if urlsplit(url).scheme not in ("http", "https"):
        raise FieldError("index", f"gives an address of {file['filename']} that is not http or https")
    return Found(file["filename"], url, sha256)


def _fits(file: dict[str, Any], python: tuple[int, ...]) -> tuple[Any, ...] | None:
    """The version of a wheel that may be taken, to be compared; None for another file, or a version that is not final."""
    name, asks = file.get("filename"), file.get("requires-python")
    called = WHEEL.fullmatch(name) if isinstance(name, str) and len(name) < 300 and isinstance(file.get("url"), str) else None
    if called is None or file.get("yanked") or not any(re.fullmatch(r"py3\d*", each) for each in called["python"].split(".")):
        return None
    release = RELEASE.fullmatch(called["version"])
    if release is None or (isinstance(asks, str) and not _runs(asks, python)):
        return None
    numbers = [int(number) for number in release["numbers"].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers), int(release["post"] or -1)


def _runs(asks: str, python: tuple[int, ...]) -> bool:
    """Whether each clause of Requires-Python holds; one that is not understood does."""
    for clause in asks.split(","):
        said = CLAUSE.fullmatch(clause)
        if said is None:
            continue
        wanted = tuple(int(number) for number in said[2].split("."))
        have = python[: len(wanted)] if said[3] or said[1] in ("==", "!=") else python
        exact = (*wanted, *[0] * (len(have) - len(wanted)))
        holds = {
            ">=": have >= exact, "<=": have <= exact, ">": have > exact, "<": have < exact, "==": have == wanted, "!=": have != wanted,
            "~=": have >= exact and have[: len(wanted) - 1] == wanted[:-1],
        }[said[1]]  # fmt: skip
        if not holds:
            return False
    return True


class Package(Resource):
    """POST {index, name}: that package's wheel; its name and hash are in the headers. The notebook's page asks for it."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Iterator[Any]:
        fields = Fields(req)
        index, name = fields.text("index", max_bytes=500).strip(), fields.text("name", max_bytes=100).strip()
        parts = urlsplit(index)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise FieldError("index", "must be the address of an index: https://…/simple/")
        if not NAME.fullmatch(name):
            raise FieldError("name", "must be a package's name: letters, digits, and - _ . within")
        plain = re.sub(r"[-_.]+", "-", name).lower()
        page = f"{index.rstrip('/')}/{plain}/"
        yield from consents.of(self.worker).ready()
        listed = yield from self.asked("index", page, f"to find the package {plain} for the notebook", INDEX_MOST, ACCEPT)
        try:
            told = guarding.json_value(listed)
        except guarding.Unfit as ex:
            raise FieldError("index", f"was not understood: its answer as JSON {ex.reason}") from ex
        found = choose(told, page)
        wheel = yield from self.asked("name", found.url, f"to fetch {found.filename} for the notebook", WHEEL_MOST, "*/*")
        digest = hashlib.sha256(wheel).hexdigest()
        if digest != found.sha256:
            raise FieldError("name", f"is refused: what came as {found.filename} has SHA-256 {digest}, the index says {found.sha256}", 502)
        rep.content_type = "application/zip"
        rep.set_header("X-Wheel", found.filename)
        rep.set_header("X-Sha256", digest)
        rep.data = wheel

    def asked(self, field: str, url: str, reason: str, limit: int, accept: str) -> Generator[Any, Any, bytes]:
        """The body of a server's answer. Raises FieldError."""
        request = Request("GET", url, [("Accept", accept)], deadline=60.0, limit=limit, who="notebook", reason=reason)
        came: Answer = yield from self.worker.outside.ask(request)
        if came.problem:
            raise unanswered(field, "was not fetched", came)
        if came.status == 404:
            raise FieldError(field, f"was not found at {url}")
        if came.status != 200:
            raise FieldError(field, f"was not fetched: {url} answered with status {came.status}", 502)
        return came.body
