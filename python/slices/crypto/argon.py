"""Resource for Argon2id."""

from __future__ import annotations

from typing import Any

import falcon
from keriwasm.data.encoding import b64u
from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields

from . import passwords
from .inputs import optional
from .pages import ToolPage

__all__ = ["Argon2id"]

PASSWORD_MOST = 4096


def cost(ops: int, memory: int) -> dict[str, int]:
    """A cost, as answers tell it."""
    return {"ops": ops, "memory_bytes": memory}


class Argon2id(ToolPage):
    """POST {password, salt?, tier | ops + memory_bytes} -> {hash, salt, ops, memory_bytes, ms}."""

    name = "argon2id"

    def facts(self) -> dict[str, Any]:
        """Its costs: the tiers, and what is taken at most."""
        tiers = [
            {**cost(each.ops, each.memory), "name": each.name, "estimate_ms": passwords.estimate_ms(each.ops, each.memory)}
            for each in passwords.TIERS.values()
        ]
        limits = {**cost(passwords.OPS_MOST, passwords.MEMORY_MOST), "least_bytes": passwords.MEMORY_LEAST, "work": passwords.WORK_MOST}
        return {"tiers": tiers, "limits": limits}

    def on_post(self, req: falcon.Request, rep: falcon.Response) -> None:
        fields = Fields(req)
        password = fields.text("password", max_bytes=PASSWORD_MOST)
        salt = optional(fields, "salt", passwords.SALT_LENGTH)
        ops, memory = self._cost(fields)
        try:
            made = passwords.argon2id(password.encode(), salt or passwords.new_salt(), ops, memory)
        except passwords.TooExpensive as error:
            raise FieldError(error.field, str(error)) from error
        data = {"hash": b64u(made.hash), "salt": b64u(made.salt), **cost(made.ops, made.memory), "ms": round(made.ms, 1)}
        self.tell(req, rep, "derived", data)

    @staticmethod
    def _cost(fields: Fields) -> tuple[int, int]:
        """(ops, memory in bytes) from the tier, or from both numbers. Raises FieldError for half of them or none."""
        ops = fields.integer("ops", 1, passwords.OPS_MOST, default=None)
        memory = fields.integer("memory_bytes", passwords.MEMORY_LEAST, passwords.MEMORY_MOST, default=None)
        if ops is None and memory is None:
            tier = passwords.TIERS[fields.choice("tier", list(passwords.TIERS))]
            return tier.ops, tier.memory
        if ops is None or memory is None:
            raise FieldError("ops" if ops is None else "memory_bytes", "ops and memory_bytes are given together, or a tier")
        return ops, memory
