"""Resources of the post-quantum slice: the catalogue, one page per algorithm, and each algorithm's operations."""

from __future__ import annotations

import hmac
from typing import Any

import falcon
from keriwasm.data.encoding import b64u
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.rendering import answer

from slices.crypto.inputs import carried, refusing, tell

from . import algorithms, operations
from .algorithms import Algorithm
from .costs import cost_ms

__all__ = [
    "TITLE",
    "Catalogue",
    "Detail",
    "KemOperations",
    "NotFound",
    "Panel",
    "SignatureOperations",
    "StatefulOperations",
]

TITLE = "Post-quantum · KeriWasm"
CONTEXT_MOST = 255  # bytes, by FIPS 204 and FIPS 205

# What classical cryptography takes, to measure the sizes by.
CLASSICAL = {
    "kem": ("X25519", {"public": 32, "secret": 32, "ciphertext": 32, "shared": 32}),
    "sig": ("Ed25519", {"public": 32, "secret": 64, "signature": 64}),
    "stfl": ("Ed25519", {"public": 32, "secret": 64, "signature": 64}),
}


class NotFound(falcon.HTTPNotFound):
    """404 for an algorithm that does not exist; the problem's member `near` has names that look alike."""

    def __init__(self, error: algorithms.Unknown) -> None:
        reason = str(error.args[0])
        super().__init__(title="There is no such algorithm", description=reason[0].upper() + reason[1:])
        self.extra = {"field": "algorithm", "near": error.near, "errors": [{"field": "algorithm", "reason": reason}]}


def found(kind: str, alg: str) -> Algorithm:
    """The algorithm that a path names. Raises NotFound."""
    try:
        return algorithms.find(kind, alg)
    except algorithms.Unknown as error:
        raise NotFound(error) from error


def title(algorithm: Algorithm) -> str:
    """The title of an algorithm's page."""
    return f"{algorithm.title} – {TITLE}"


class Panel:
    """GET /app/pq/panel: the part of the home page. Does not load liboqs: the home page must come at once."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        picks = [
            {"name": name, "path": f"app/pq/{kind}/{name}", "about": about}
            for kind, name, about in (
                ("kem", "ML-KEM-768", "key encapsulation, FIPS 203"),
                ("sig", "ML-DSA-65", "signatures, FIPS 204"),
                ("sig", "SLH_DSA_PURE_SHA2_128F", "hash-based signatures, FIPS 205"),
                ("stfl", "XMSSMT-SHA2_20~4_256", "stateful signatures, RFC 8391"),
            )
        ]
        answer(req, rep, "fragments/pq/panel.html", {"picks": picks})


class Catalogue:
    """GET /app/pq?q=&kind=&level= : every enabled algorithm with its sizes and NIST level."""

    def on_get(self, req: falcon.Request, rep: falcon.Response) -> None:
        fields = Fields(req)
        text = fields.text("q", default="", max_bytes=200)
        kind = fields.choice("kind", ["", *algorithms.KINDS], default="")
        level = fields.integer("level", 1, 5, default=None)
        matching = algorithms.search(text, kind, level)
        data = {
            "liboqs": algorithms.liboqs_version(),
            "total": sum(len(members) for members in algorithms.catalogue().values()),
            "shown": sum(len(members) for members in matching.values()),
            **{
                key: [each.media() for each in matching.get(kind, ())]
                for kind, key in (("kem", "kems"), ("sig", "signatures"), ("stfl", "stateful"))
            },
        }
        filtered = bool(text or kind or level)
        tell(
            req,
            rep,
            "pages/pq/index.html",
            data,
            title=TITLE,
            q=text,
            kind=kind,
            level=level,
            filtered=filtered,
            kinds=algorithms.KINDS,
            groups=grouped(matching),
        )


def grouped(matching: dict[str, list[Algorithm]]) -> dict[str, dict[str, list[Algorithm]]]:
    """kind -> family -> algorithms, for the page; kinds without a match are left out."""
    groups: dict[str, dict[str, list[Algorithm]]] = {}
    for kind, members in matching.items():
        for each in members:
            groups.setdefault(kind, {}).setdefault(each.family, []).append(each)
    return groups


class Detail:
    """GET /app/pq/{kind}/{alg}: sizes, costs and forms of one algorithm."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def on_get(self, req: falcon.Request, rep: falcon.Response, alg: str) -> None:
        algorithm = found(self.kind, alg)
        costs = {op: cost for op in algorithms.steps(self.kind) if (cost := cost_ms(algorithm.name, op)) is not None}
        data = {**algorithm.media(), "kind": self.kind, "cost_ms": costs}
        reference, sizes = CLASSICAL[self.kind]
        largest = max(*algorithm.sizes.values(), 4096)
        page = {"reference": reference, "bars": bars(algorithm.sizes, sizes, largest), "refused": data.get("refused", {})}
        tell(req, rep, f"pages/pq/{self.kind}.html", data, title=title(algorithm), algorithm=algorithm, **page)


def bars(sizes: dict[str, int], reference: dict[str, int], largest: int) -> list[dict[str, Any]]:
    """Rows of the size picture: name, size, widths in percent on a logarithmic scale that ends at `largest` bytes."""
    scale = largest.bit_length()

    def width(size: int) -> float:
        # bit_length plus the fraction within its octave: log2 close enough for a bar, and 1 for one byte.
        return round(100 * (size.bit_length() - 1 + size / (1 << (size.bit_length() - 1))) / (scale + 1), 1)

    return [
        {
            "name": name,
            "size": size,
            "width": width(size),
            "reference": reference[name],
            "reference_width": width(reference[name]),
        }
        for name, size in sizes.items()
    ]


class Operations:
    """What the operations of all kinds have in common."""

    kind = ""

    def _begin(self, alg: str, operation: str) -> Algorithm:
        """The algorithm, when `operation` may be begun: raises NotFound, or FieldError with the reason and the cost."""
        algorithm = found(self.kind, alg)
        try:
            algorithms.check(algorithm, operation)
        except algorithms.Infeasible as error:
            refused = FieldError("algorithm", str(error))
            refused.extra = {**refused.extra, "cost_ms": cost_ms(algorithm.name, operation)}
            raise refused from error
        return algorithm

    def _tell(
        self, req: falcon.Request, rep: falcon.Response, step: str, algorithm: Algorithm, data: dict[str, Any], **more: Any
    ) -> None:
        tell(req, rep, f"fragments/pq/{step}.html", data, title=title(algorithm), algorithm=algorithm, **more)

    def on_post_keypair(self, req: falcon.Request, rep: falcon.Response, alg: str) -> None:
        """{} -> {public, secret}."""
        algorithm = self._begin(alg, "keypair")
        pair = operations.keypair(algorithm)
        self._tell(req, rep, f"{self.kind}-keypair", algorithm, {"public": b64u(pair.public), "secret": b64u(pair.secret)})


class KemOperations(Operations):
    """POST /app/pq/kem/{alg}/keypair | encaps | decaps."""

    kind = "kem"

    def on_post_encaps(self, req: falcon.Request, rep: falcon.Response, alg: str) -> None:
        """{public} -> {ciphertext, shared}."""
        algorithm = self._begin(alg, "encaps")
        public = Fields(req).binary("public", size=algorithm.public)
        with refusing("public", operations.Refused):
            made = operations.encapsulate(algorithm, public)
        data = {"ciphertext": b64u(made.ciphertext), "shared": b64u(made.shared)}
        self._tell(req, rep, "kem-encapsulated", algorithm, data)

    def on_post_decaps(self, req: falcon.Request, rep: falcon.Response, alg: str) -> None:
        """{secret, ciphertext} -> {shared}. The page also sends `expected`, to say whether both sides agree."""
        algorithm = self._begin(alg, "decaps")
        fields = Fields(req)
        secret = fields.binary("secret", size=algorithm.secret)
        ciphertext = fields.binary("ciphertext", size=algorithm.ciphertext)
        with refusing("ciphertext", operations.Refused):
            shared = b64u(operations.decapsulate(algorithm, secret, ciphertext))
        expected = fields.text("expected", default="", max_bytes=1024)
        agreed = hmac.compare_digest(expected.encode(), shared.encode()) if expected else None
        self._tell(req, rep, "kem-decapsulated", algorithm, {"shared": shared}, agreed=agreed)


class Verifying(Operations):
    """What signatures of both kinds have in common."""

    def on_post_verify(self, req: falcon.Request, rep: falcon.Response, alg: str) -> None:
        """{public, signature, text | data | file, context? (sig)} -> {valid}."""
        algorithm = self._begin(alg, "verify")
        fields = Fields(req)
        public = fields.binary("public", size=algorithm.public)
        signature = fields.binary("signature")
        _signature_size(algorithm, signature)
        context = self._context(fields, algorithm)
        valid = operations.verify(algorithm, public, signature, fields.message(), context)
        self._tell(req, rep, "verified", algorithm, {"valid": valid})

    def _context(self, fields: Fields, algorithm: Algorithm) -> bytes:
        """What is signed besides the message."""
        return b""


class SignatureOperations(Verifying):
    """POST /app/pq/sig/{alg}/keypair | sign | verify."""

    kind = "sig"

    def on_post_sign(self, req: falcon.Request, rep: falcon.Response, alg: str) -> None:
        """{secret, text | data | file, context?} -> {signature}."""
        algorithm = self._begin(alg, "sign")
        fields = Fields(req)
        secret = fields.binary("secret", size=algorithm.secret)
        context = self._context(fields, algorithm)
        message = fields.message()
        with refusing("secret", operations.Refused):
            signature = operations.sign(algorithm, secret, message, context)
        page = {"signature_bytes": len(signature), "bytes": len(message), "carried": carried(message), "context": context.decode()}
        self._tell(req, rep, "sig-signed", algorithm, {"signature": b64u(signature)}, **page)

    def _context(self, fields: Fields, algorithm: Algorithm) -> bytes:
        """The optional context string as UTF-8. Raises FieldError when the algorithm has none, or it is too long."""
        context = fields.text("context", default="").encode()
        if len(context) > CONTEXT_MOST:
            raise FieldError("context", f"must be at most {CONTEXT_MOST} bytes long, not {len(context)}")
        if context and not algorithm.context:
            raise FieldError("context", f"{algorithm.name} takes no context string")
        return context


class StatefulOperations(Verifying):
    """POST /app/pq/stfl/{alg}/keypair | sign | verify."""

    kind = "stfl"

    def on_post_sign(self, req: falcon.Request, rep: falcon.Response, alg: str) -> None:
        """{secret, text | data | file} -> {signature, secret, remaining}: use the new secret from now on."""
        algorithm = self._begin(alg, "sign")
        fields = Fields(req)
        secret = fields.binary("secret", size=algorithm.secret)
        message = fields.message()
        with refusing("secret", operations.Refused):
            made = operations.stateful_sign(algorithm, secret, message)
        data = {"signature": b64u(made.signature), "secret": b64u(made.secret), "remaining": made.remaining}
        page = {"signature_bytes": len(made.signature), "bytes": len(message), "carried": carried(message)}
        self._tell(req, rep, "stfl-signed", algorithm, data, **page)


def _signature_size(algorithm: Algorithm, signature: bytes) -> None:
    """Raise FieldError for a signature that cannot be one of this algorithm by its length alone."""
    most = algorithm.signature or 0
    if algorithm.variable_signature:
        if not 1 <= len(signature) <= most:
            raise FieldError("signature", f"must be 1 to {most} bytes long, not {len(signature)}")
    elif len(signature) != most:
        raise FieldError("signature", f"must be {most} bytes long, not {len(signature)}")
