"""Our side of the exchange with independent implementations: the slice's operations on what the other side made."""

from typing import Any

from keriwasm.data.encoding import b64u
from keriwasm.web.form.fields import unb64u
from slices.pq import algorithms, operations


def main(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one(job) for job in jobs]


def one(job: dict[str, Any]) -> dict[str, Any]:
    """Do with the other's keys what its algorithm can; bytes as base64url."""
    algorithm = algorithms.find(job["kind"], job["name"])
    given = {name: unb64u(value, name) for name, value in job["given"].items()}
    if job["kind"] == "kem":
        made = operations.encapsulate(algorithm, given["public"])
        shared = operations.decapsulate(algorithm, given["secret"], given["ciphertext"])
        return {"ciphertext": b64u(made.ciphertext), "theirs": b64u(made.shared), "shared": b64u(shared)}
    context = given.get("context", b"")
    told: dict[str, Any] = {
        "valid": operations.verify(algorithm, given["public"], given["signature"], given["message"], context),
        "other": operations.verify(algorithm, given["public"], given["signature"], given["message"] + b"!", context),
    }
    if "secret" in given:
        told["signature"] = b64u(operations.sign(algorithm, given["secret"], given["message"], context))
        own = operations.keypair(algorithm)
        told["own_public"] = b64u(own.public)
        told["own_signature"] = b64u(operations.sign(algorithm, own.secret, given["message"], context))
    return told
