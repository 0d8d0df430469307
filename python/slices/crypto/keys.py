"""Resources for Ed25519, sealed boxes and XChaCha20-Poly1305. Each is one tool; Falcon's suffixes name the steps."""

from __future__ import annotations

import falcon
from keriwasm.data.encoding import b64u
from keriwasm.web.form.fields import Fields

from . import sodium
from .inputs import carried, optional, refusing, text_or_none
from .pages import ToolPage

__all__ = ["Box", "Ed25519", "XChaCha"]


class Ed25519(ToolPage):
    """Signatures. Secrets are libsodium's 64 bytes; the 32-byte seed of RFC 8032 is taken as well."""

    name = "ed25519"

    def on_post_keypair(self, req: falcon.Request, rep: falcon.Response) -> None:
        """{} -> {public, secret}."""
        pair = sodium.ed25519_keypair()
        self.tell(req, rep, "ed25519-keypair", {"public": b64u(pair.public), "secret": b64u(pair.secret)})

    def on_post_sign(self, req: falcon.Request, rep: falcon.Response) -> None:
        """{secret, text | data | file} -> {signature}."""
        fields = Fields(req)
        secret = fields.binary("secret", size=(sodium.ED25519_SECRET, sodium.ED25519_SEED))
        message = fields.message()
        with refusing("secret", sodium.Refused):
            signature = sodium.ed25519_sign(secret, message)
            public = sodium.ed25519_public(secret)
        more = {"public": b64u(public), "bytes": len(message), "carried": carried(message)}
        self.tell(req, rep, "ed25519-signed", {"signature": b64u(signature)}, **more)

    def on_post_verify(self, req: falcon.Request, rep: falcon.Response) -> None:
        """{public, signature, text | data | file} -> {valid}."""
        fields = Fields(req)
        public = fields.binary("public", size=sodium.ED25519_PUBLIC)
        signature = fields.binary("signature", size=sodium.ED25519_SIGNATURE)
        self.tell(req, rep, "ed25519-verified", {"valid": sodium.ed25519_verify(public, signature, fields.message())})


class Box(ToolPage):
    """X25519 sealed boxes: anonymous encryption to a public key."""

    name = "box"

    def on_post_keypair(self, req: falcon.Request, rep: falcon.Response) -> None:
        """{} -> {public, secret}."""
        pair = sodium.box_keypair()
        self.tell(req, rep, "box-keypair", {"public": b64u(pair.public), "secret": b64u(pair.secret)})

    def on_post_seal(self, req: falcon.Request, rep: falcon.Response) -> None:
        """{public, text | data | file} -> {sealed}."""
        fields = Fields(req)
        public = fields.binary("public", size=sodium.X25519_KEY)
        message = fields.message()
        with refusing("public", sodium.Refused):
            sealed = sodium.box_seal(public, message)
        self.tell(req, rep, "box-sealed", {"sealed": b64u(sealed)}, bytes=len(message), sealed_bytes=len(sealed))

    def on_post_open(self, req: falcon.Request, rep: falcon.Response) -> None:
        """{public, secret, sealed} -> {data, text, bytes}; text is null when the message is no readable UTF-8."""
        fields = Fields(req)
        public = fields.binary("public", size=sodium.X25519_KEY)
        secret = fields.binary("secret", size=sodium.X25519_KEY)
        sealed = fields.binary("sealed")
        with refusing("sealed", sodium.Refused):
            message = sodium.box_open(public, secret, sealed)
        data = {"data": b64u(message), "text": text_or_none(message), "bytes": len(message)}
        self.tell(req, rep, "opened", data, heading="Opened")


class XChaCha(ToolPage):
    """XChaCha20-Poly1305 with additional data."""

    name = "xchacha"

    def on_post_key(self, req: falcon.Request, rep: falcon.Response) -> None:
        """{} -> {key}."""
        self.tell(req, rep, "xchacha-key", {"key": b64u(sodium.xchacha_key())})

    def on_post_encrypt(self, req: falcon.Request, rep: falcon.Response) -> None:
        """{key?, text | data | file, aad?} -> {key, nonce, ciphertext}; a new key is made when none is given."""
        fields = Fields(req)
        key = optional(fields, "key", sodium.XCHACHA_KEY) or sodium.xchacha_key()
        aad = fields.text("aad", default="").encode()
        message = fields.message()
        nonce, ciphertext = sodium.xchacha_encrypt(key, message, aad)
        data = {"key": b64u(key), "nonce": b64u(nonce), "ciphertext": b64u(ciphertext)}
        self.tell(req, rep, "xchacha-encrypted", data, bytes=len(message), aad=aad.decode())

    def on_post_decrypt(self, req: falcon.Request, rep: falcon.Response) -> None:
        """{key, nonce, ciphertext, aad?} -> {data, text, bytes}."""
        fields = Fields(req)
        key = fields.binary("key", size=sodium.XCHACHA_KEY)
        nonce = fields.binary("nonce", size=sodium.XCHACHA_NONCE)
        ciphertext = fields.binary("ciphertext")
        aad = fields.text("aad", default="").encode()
        with refusing("ciphertext", sodium.Refused):
            message = sodium.xchacha_decrypt(key, nonce, ciphertext, aad)
        data = {"data": b64u(message), "text": text_or_none(message), "bytes": len(message)}
        self.tell(req, rep, "opened", data, heading="Decrypted and authenticated")
