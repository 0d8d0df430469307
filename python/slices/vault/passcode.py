"""Passcodes: what is asked of one, and the key that keripy makes of it.

keripy takes the first 21 characters of a passcode, in Base64 only, and stretches them with Argon2id into the seed of the
key pair that encrypts its key store. A person's passphrase has spaces, umlauts, and its strength anywhere in it. So the
whole passcode (Unicode NFKC, UTF-8) is hashed first, with the wallet's own random salt, into 21 Base64 characters
(126 bits), and these are what keripy stretches, unchanged. Nothing of a passcode is cut off silently, and one passcode
gives different keys in different wallets, so that no table made beforehand helps to guess.

How strong one looks, and a good one made, is the page's business (python/page/passcode.py): it needs no message for that.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from typing import Any, NamedTuple

from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields

from slices.crypto import passwords

__all__ = ["LEAST", "MOST", "TIERS", "Tier", "check_tier", "read", "stretch"]

LEAST = 21
"""Characters: keripy's own least."""
MOST = 1024
"""Bytes."""
BRAN = 21
PERSON = b"keriwasm.bran"


class Tier(NamedTuple):
    """One of keripy's tiers: name, Argon2 passes, memory in bytes, and what to tell about it."""

    name: str
    ops: int
    memory: int
    about: str


TIERS = {
    each.name: each
    for each in (
        Tier("low", 2, 64 << 20, "for every device, also phones"),
        Tier("med", 3, 256 << 20, "a guess costs six times as much; for computers"),
        Tier("high", 4, 1 << 30, "takes 1 GiB of memory and many seconds at each unlock; a phone will fail"),
    )
}


def read(fields: Fields, name: str, *, new: bool) -> str:
    """The passcode in field `name`. Raises FieldError; a new one must have LEAST characters and more than a few letters."""
    passcode = fields.text(name, max_bytes=MOST)
    if not passcode:
        raise FieldError(name, "is empty")
    if new:
        normal = unicodedata.normalize("NFKC", passcode)
        if len(normal) < LEAST:
            raise FieldError(name, f"has {len(normal)} characters; at least {LEAST} are needed, for example five words")
        if len(set(normal)) < 6:
            raise FieldError(name, "repeats so few characters that it is guessed at once")
    return passcode


def check_tier(name: str) -> Tier:
    """The tier, if this worker can give its memory. Raises FieldError about `tier`."""
    tier = TIERS[name]
    try:
        passwords.check_cost(tier.ops, tier.memory)
    except passwords.TooExpensive as ex:
        raise FieldError("tier", str(ex)) from ex
    return tier


def stretch(passcode: str, salt: bytes, tier: str) -> Any:
    """keripy's Signer of the key pair that a passcode stands for. Blocks for as long as Argon2id takes.

    It is what `Habery(bran=...)` derives of 21 characters; see above where these come from.
    """
    from keri import core
    from keri.core import coring

    normal = unicodedata.normalize("NFKC", passcode).encode()
    digest = hashlib.blake2b(normal, digest_size=16, key=salt, person=PERSON).digest()
    bran = base64.urlsafe_b64encode(digest).decode()[:BRAN]
    salter = core.Salter(qb64=coring.MtrDex.Salt_128 + "A" + bran)
    return salter.signer(transferable=False, tier=tier)
