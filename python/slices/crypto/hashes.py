"""Resources that hash: one message, or many spread over the pool's workers."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.fields import Fields, Item
from keriwasm.web.rendering import answer

from . import hashing
from .inputs import refusing, tell
from .pages import TITLES, show

if TYPE_CHECKING:
    from keriwasm.web.pool_client import PoolClient

__all__ = ["Hash", "HashBatch", "HashMany"]

ITEMS_MOST = 10_000


def chosen_algorithm(fields: Fields) -> hashing.Algorithm:
    """The field `algorithm`. Raises FieldError naming it and the algorithms there are."""
    return hashing.algorithm_named(fields.choice("algorithm", list(hashing.algorithms())))


def chosen_length(fields: Fields, algorithm: hashing.Algorithm) -> int:
    """The optional field `length` in bytes, or the algorithm's own length."""
    length = fields.integer("length", 1, 1024, default=None)
    with refusing("length", ValueError):
        return hashing.output_length(algorithm, length)


class Hash:
    """POST {algorithm, length?, text | data | file} -> {algorithm, digest_hex, bytes}."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        """The forms, filled with the query's algorithm: a link can ask for one."""
        asked = req.get_param("algorithm")
        known = [
            {"name": each.name, "family": each.family, "size": each.size, "most": each.most, "about": each.about}
            for each in hashing.algorithms().values()
        ]
        show(
            req,
            rep,
            "pages/crypto/hash.html",
            "hash",
            algorithms=known,
            selected=asked if asked in hashing.algorithms() else "blake3",
        )

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Any:
        fields = Fields(req)
        algorithm = chosen_algorithm(fields)
        length = chosen_length(fields, algorithm)
        message = fields.message()
        digest = yield from hashing.digesting(algorithm, message, length)
        data = {"algorithm": algorithm.name, "digest_hex": digest.hex(), "bytes": len(message)}
        answer(req, rep, "fragments/crypto/digest.html", data, title=TITLES["hash"])


class HashBatch:
    """POST {algorithm, length?, items:[{name,data}]} -> {digests:[{name,digest_hex}]}: one worker's share."""

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Any:
        fields = Fields(req)
        algorithm = chosen_algorithm(fields)
        length = chosen_length(fields, algorithm)
        items = fields.items(max_items=ITEMS_MOST)
        made = yield from hashing.digesting_all(algorithm, [item.data for item in items], length)
        digests = [{"name": item.name, "digest_hex": digest.hex()} for item, digest in zip(items, made, strict=True)]
        show_digests(req, rep, algorithm, items, {"digests": digests})


class HashMany:
    """POST {algorithm, length?, items:[{name,data}]} or several parts `file`.

    Answers {digests:[{name,digest_hex}], workers:[id,...]}: digests in the order given, and the
    workers that made them.
    """

    def __init__(self, pool: PoolClient) -> None:
        self.pool = pool

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        """The form is on the hash page."""
        Hash().on_get(req, rep)

    @deed
    def on_post(self, req: falcon.Request, rep: falcon.Response) -> Any:
        fields = Fields(req)
        algorithm = chosen_algorithm(fields)
        length = chosen_length(fields, algorithm)
        items = fields.items(max_items=ITEMS_MOST)
        groups = hashing.batches([len(item.data) for item in items], self.pool.size())
        boundary = secrets.token_hex(16)
        settings = {"algorithm": algorithm.name, "length": str(length)}
        payloads = (  # made one by one as the pool takes them: all at once would be a second copy of everything
            form_of_files(boundary, settings, [items[index].data for index in group]) for group in groups
        )
        headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
        replies = yield from self.pool.map("POST", "/app/crypto/hash-batch", payloads, headers=headers)
        made = (each["digest_hex"] for reply in replies for each in reply.check().media["digests"])
        data = {
            "digests": [{"name": item.name, "digest_hex": digest} for item, digest in zip(items, made, strict=True)],
            "workers": sorted({reply.worker for reply in replies}),
        }
        show_digests(req, rep, algorithm, items, data)


def show_digests(
    req: falcon.Request, rep: falcon.Response, algorithm: hashing.Algorithm, items: list[Item], data: dict[str, Any]
) -> None:
    """Answer with `data`; a page also tells the algorithm and the sizes."""
    sizes = [len(item.data) for item in items]
    more = {"algorithm": algorithm.name, "sizes": sizes, "workers": data.get("workers", [])}
    tell(req, rep, "fragments/crypto/digests.html", data, title=TITLES["hash"], **more)


def form_of_files(boundary: str, settings: dict[str, str], contents: list[bytes]) -> bytes:
    """multipart/form-data (RFC 7578) of text fields and files, which are named by their position.

    For workers among themselves: JSON would cost base64 and its third more bytes, and so break the bound of a body.
    The boundary is random and long enough not to stand in the contents by chance.
    """
    parts = []
    for name, value in settings.items():
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for index, content in enumerate(contents):
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{index}"\r\n\r\n'
        parts += (head.encode(), content, b"\r\n")
    return b"".join((*parts, f"--{boundary}--\r\n".encode()))
