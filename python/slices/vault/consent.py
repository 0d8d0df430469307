"""What cannot be undone asks for the passcode again: an open wallet on a desk, or whatever got past the walls before, is not
its owner.
"""

from __future__ import annotations

from collections.abc import Generator

from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields

from . import passcode as passcodes
from .vault import Vault

__all__ = ["consent"]


def consent(vault: Vault, fields: Fields, name: str = "passcode", *, lost: bool = False) -> Generator[float, float, None]:
    """Wait until the field `name` is found to be the wallet's passcode; a wrong one counts as any wrong try does.

    lost: while the wallet is locked the field `without_passcode` will do instead, for whoever has lost it and wants to be
        rid of the wallet. What is locked then can be thrown away, and never be read.
    Raises FieldError, WrongPasscode, TooSoon, NoWallet.
    """
    if lost and vault.locked and fields.flag("without_passcode"):
        return
    if not fields.text(name, "", max_bytes=passcodes.MOST):
        raise FieldError(name, "is missing: this cannot be undone, so the wallet's passcode is asked for again")
    yield from vault.prove(name, passcodes.read(fields, name, new=False))
