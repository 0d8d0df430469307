"""Every post-quantum algorithm of this liboqs: names, sizes, families, and what an operation costs in a browser.

Sizes, NIST levels and features come from liboqs itself. The costs were measured with it in WebAssembly (Node 20 on two
cores; tests/wasm/worker/test_slices_pq.py measures them again and prints the table): they decide what is refused before it
freezes a worker. Stack use was measured too: the hungriest (SNOVA_60_10_4) takes 2.1 MB of the 10 MB there are.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from keriwasm.imports import native

from .costs import cost_ms

__all__ = [
    "HOLD_MOST",
    "KINDS",
    "Algorithm",
    "Infeasible",
    "Unknown",
    "catalogue",
    "check",
    "find",
    "liboqs_version",
    "refusal",
    "search",
    "steps",
]

KINDS = {"kem": "Key encapsulation", "sig": "Signatures", "stfl": "Stateful signatures"}

# An operation that holds a worker longer than this on the machine where it was measured is refused: a phone takes
# three times as long, and the router ends a worker that is silent for a minute.
HOLD_MOST = 12_000


class Unknown(LookupError):
    """No enabled algorithm has this name; `near` are names that look alike."""

    def __init__(self, kind: str, name: str, near: list[str]) -> None:
        shown = name if len(name) <= 80 else name[:77] + "…"
        hint = f" Did you mean {', '.join(near)}?" if near else " GET app/pq lists all of them."
        super().__init__(f"no {kind} algorithm is called “{shown}”.{hint}")
        self.near = near


class Infeasible(ValueError):
    """The operation would freeze the worker, or the library has no such operation: the message says which and why."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One algorithm. Sizes in bytes; None where the kind has no such thing. `signature` is the longest there is."""

    kind: str
    name: str
    family: str
    status: str
    level: int | None
    public: int
    secret: int
    ciphertext: int | None = None
    shared: int | None = None
    signature: int | None = None
    variable_signature: bool = False
    context: bool = False

    @property
    def path(self) -> str:
        """Its place below the base: XMSSMT's names hold a slash, which a path segment cannot."""
        return f"app/pq/{self.kind}/{self.name.replace('/', '~')}"

    @property
    def sizes(self) -> dict[str, int]:
        """Its sizes in bytes by what they are, in the order of use."""
        named = {
            "public": self.public,
            "secret": self.secret,
            "ciphertext": self.ciphertext,
            "shared": self.shared,
            "signature": self.signature,
        }
        return {name: size for name, size in named.items() if size is not None}

    @property
    def title(self) -> str:
        """Its name for headings: "XMSSMT-SHA2_20/4_256"."""
        return self.name

    def media(self) -> dict[str, Any]:
        """What JSON tells about it."""
        media: dict[str, Any] = {
            "name": self.name,
            "path": self.path,
            "family": self.family,
            "status": self.status,
            "level": self.level,
            **self.sizes,
        }
        if self.kind == "sig":
            media["context"] = self.context
        refused = {op: reason for op in steps(self.kind) if (reason := refusal(self, op))}
        if refused:
            media["refused"] = refused
        return media


def steps(kind: str) -> tuple[str, ...]:
    """The operations of a kind, in the order of use."""
    return ("keypair", "encaps", "decaps") if kind == "kem" else ("keypair", "sign", "verify")


_STANDARD = "Standard"
_FAMILIES = (
    # pattern of names, family, what became of it
    (r"Classic-McEliece", "Classic McEliece", "NIST round 4; ISO/IEC 18033-2 in preparation"),
    (r"ML-KEM", "ML-KEM", f"{_STANDARD}: FIPS 203"),
    (r"Kyber", "Kyber", "NIST round 3, became ML-KEM: not compatible with it"),
    (r"NTRU", "NTRU", "NIST round 3 finalist"),
    (r"sntrup", "NTRU Prime", "NIST round 3 alternate; used by OpenSSH"),
    (r"FrodoKEM", "FrodoKEM", "NIST round 3 alternate; ISO/IEC 18033-2 in preparation"),
    (r"BIKE", "BIKE", "NIST round 4"),
    (r"HQC", "HQC", "Chosen by NIST in 2025"),
    (r"ML-DSA", "ML-DSA", f"{_STANDARD}: FIPS 204"),
    (r"Falcon", "Falcon", "Chosen by NIST: to become FN-DSA, FIPS 206"),
    (r"SPHINCS\+", "SPHINCS+", "NIST round 3, became SLH-DSA: not compatible with it"),
    (r"SLH_DSA_PURE", "SLH-DSA", f"{_STANDARD}: FIPS 205"),
    (r"SLH_DSA_.*PREHASH", "SLH-DSA with pre-hash", f"{_STANDARD}: FIPS 205, HashSLH-DSA"),
    (r"MAYO", "MAYO", "NIST additional signatures, round 2"),
    (r"cross", "CROSS", "NIST additional signatures, round 2"),
    (r"OV-", "UOV", "NIST additional signatures, round 2"),
    (r"SNOVA", "SNOVA", "NIST additional signatures, round 2"),
    (r"XMSSMT", "XMSS^MT", f"{_STANDARD}: RFC 8391, NIST SP 800-208"),
    (r"XMSS-", "XMSS", f"{_STANDARD}: RFC 8391, NIST SP 800-208"),
    (r"LMS_.*_H\d+_W\d_H", "HSS/LMS", f"{_STANDARD}: RFC 8554, NIST SP 800-208"),
    (r"LMS", "LMS", f"{_STANDARD}: RFC 8554, NIST SP 800-208"),
)


def _family(name: str) -> tuple[str, str]:
    for pattern, family, status in _FAMILIES:
        if re.match(pattern, name):
            return family, status
    return "Other", "Unknown to this page: see liboqs' documentation"


# Only these give signatures of varying length. For all others a signature of another length is wrong by itself, and
# must be turned down before liboqs sees it: CROSS reads past the end of a short one, ignores what follows a long one
_VARIABLE_SIGNATURES = re.compile(r"Falcon-\d+$")


@cache
def catalogue() -> dict[str, dict[str, Algorithm]]:
    """Every enabled algorithm: kind -> name -> Algorithm, in liboqs' order. The first call loads liboqs (0.4 s)."""
    oqs = native.oqs()
    found: dict[str, dict[str, Algorithm]] = {kind: {} for kind in KINDS}
    for name in oqs.get_enabled_kem_mechanisms():
        with oqs.KeyEncapsulation(name) as kem:
            told = kem.details
        found["kem"][name] = Algorithm(
            "kem",
            name,
            *_family(name),
            told["claimed_nist_level"],
            told["length_public_key"],
            told["length_secret_key"],
            ciphertext=told["length_ciphertext"],
            shared=told["length_shared_secret"],
        )
    for name in oqs.get_enabled_sig_mechanisms():
        with oqs.Signature(name) as sig:
            told = sig.details
        found["sig"][name] = Algorithm(
            "sig",
            name,
            *_family(name),
            told["claimed_nist_level"],
            told["length_public_key"],
            told["length_secret_key"],
            signature=told["length_signature"],
            variable_signature=bool(_VARIABLE_SIGNATURES.match(name)),
            context=told["sig_with_ctx_support"],
        )
    for name in oqs.get_enabled_stateful_sig_mechanisms():
        stateful = oqs.StatefulSignature(name)
        told = stateful.details
        stateful.free()
        oqs.native().OQS_SIG_STFL_free(stateful._sig)  # the wrapper's free() leaves its structure behind
        found["stfl"][name] = Algorithm(
            "stfl",
            name,
            *_family(name),
            None,
            told["length_public_key"],
            told["length_secret_key"],
            signature=told["length_signature"],
        )
    return found


def liboqs_version() -> str:
    """The version of the liboqs library, for example "0.15.0"."""
    return str(native.oqs().oqs_version())


def find(kind: str, name: str) -> Algorithm:
    """The algorithm of a kind by its name as it stands in a path ("~" for "/"). Raises Unknown with names near it."""
    members = catalogue()[kind]
    exact = members.get(name.replace("~", "/"))
    if exact is not None:
        return exact
    for other, others in catalogue().items():
        if name.replace("~", "/") in others:
            raise Unknown(KINDS[kind].casefold(), name, [f"{others[name.replace('~', '/')].path} ({KINDS[other]})"])
    folded = {each.casefold(): each for each in members}
    near = difflib.get_close_matches(name[:80].casefold(), folded, n=4, cutoff=0.5)
    raise Unknown(KINDS[kind].casefold(), name, [folded[each] for each in near])


def refusal(algorithm: Algorithm, operation: str) -> str | None:
    """Why `operation` is not done here, with what it would cost; None when it is."""
    if algorithm.family in ("LMS", "HSS/LMS") and operation != "verify":
        return "liboqs-python offers LMS for verification only: its keys cannot be loaded again safely"
    cost = cost_ms(algorithm.name, operation)
    if cost is None or cost <= HOLD_MOST:
        return None
    unit, name = (1000, "s") if cost < 120_000 else (60_000, "min") if cost < 7_200_000 else (3_600_000, "h")
    return (
        f"it would hold a worker for about {cost / unit:.0f} {name} (reckoned from shorter trees that were measured in"
        f" WebAssembly), and more than {HOLD_MOST // 1000} s is not begun. Verifying its signatures works."
    )


def check(algorithm: Algorithm, operation: str) -> None:
    """Raise Infeasible with the reason when `operation` must not be begun here."""
    if reason := refusal(algorithm, operation):
        raise Infeasible(f"{operation} of {algorithm.name} is not offered here: {reason}")


def search(text: str = "", kind: str = "", level: int | None = None) -> dict[str, list[Algorithm]]:
    """The catalogue, only what matches: every word of `text` in the name, family or status; kind; NIST level."""
    words = text.casefold().split()
    return {
        each: [
            algorithm
            for algorithm in members.values()
            if (level is None or algorithm.level == level)
            and all(word in f"{algorithm.name} {algorithm.family} {algorithm.status}".casefold() for word in words)
        ]
        for each, members in catalogue().items()
        if not kind or each == kind
    }
