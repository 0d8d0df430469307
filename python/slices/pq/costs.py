"""What the slow post-quantum operations cost in a browser, in milliseconds. Pure numbers, pure functions.

Measured with the vendored liboqs under Node 20 on two cores (tests/wasm/worker/test_slices_pq.py measures every algorithm and
compares). Everything that is not listed here takes less than 100 ms.
"""

from __future__ import annotations

import re

__all__ = ["cost_ms", "tree_leaves"]

# pattern of names -> {operation: ms}. Classic McEliece without "f" draws keys until one fits (29 % do): means.
_SLOW: tuple[tuple[str, dict[str, int]], ...] = (
    (r"Classic-McEliece-348864$", {"keypair": 400}),
    (r"Classic-McEliece-348864f", {"keypair": 200}),
    (r"Classic-McEliece-460896$", {"keypair": 1700}),
    (r"Classic-McEliece-460896f", {"keypair": 670}),
    (r"Classic-McEliece-6(688128|960119)$", {"keypair": 4500}),
    (r"Classic-McEliece-6(688128|960119)f", {"keypair": 1600}),
    (r"Classic-McEliece-8192128$", {"keypair": 5500}),
    (r"Classic-McEliece-8192128f", {"keypair": 1950}),
    (r"SPHINCS\+-SHA2-128s|SLH_DSA_.*SHA2_128S$", {"keypair": 100, "sign": 750}),
    (r"SPHINCS\+-SHA2-(192|256)s|SLH_DSA_.*SHA2_(192|256)S$", {"keypair": 140, "sign": 1350}),
    (r"SPHINCS\+-SHAKE-128s", {"keypair": 230, "sign": 1600}),
    (r"SPHINCS\+-SHAKE-(192|256)s", {"keypair": 300, "sign": 2700}),
    (r"SLH_DSA_.*SHAKE_128S$", {"keypair": 140, "sign": 1050}),
    (r"SLH_DSA_.*SHAKE_(192|256)S$", {"keypair": 190, "sign": 1850}),
    (r"SPHINCS\+-SHAKE-\d+f", {"sign": 180}),
    (r"SPHINCS\+-SHA2-256f|SLH_DSA_.*SHA2_256F$", {"sign": 120}),
    (r"SLH_DSA_.*SHAKE_256F$", {"sign": 155}),
    (r"OV-III", {"keypair": 210}),
    (r"OV-V", {"keypair": 650}),
    (r"SNOVA_60_10_4", {"sign": 110}),
)

# One leaf of an XMSS tree is a WOTS+ public key: n is the hash length in bits, ms per leaf.
_LEAF_MS = {
    ("SHA2", 256): 2.1,
    ("SHA2", 192): 2.0,
    ("SHA2", 512): 7.2,
    ("SHAKE", 256): 2.7,
    ("SHAKE", 512): 10.5,
    ("SHAKE256", 192): 3.8,
    ("SHAKE256", 256): 3.7,
}
_XMSS = re.compile(r"XMSS(?:MT)?-(?P<hash>[A-Z0-9]+)_(?P<height>\d+)(?:/(?P<layers>\d+))?_(?P<bits>\d+)$")


def tree_leaves(height: int, layers: int) -> int:
    """How many leaves key generation computes: one tree of height/layers on each of the layers (RFC 8391, 4.2.2)."""
    return layers * 2 ** (height // layers)


def cost_ms(name: str, operation: str) -> int | None:
    """About how long `operation` of the algorithm `name` holds its worker, or None when that is below 100 ms."""
    if operation == "keypair" and (tree := _XMSS.match(name)):
        leaf = _LEAF_MS[tree["hash"], int(tree["bits"])]
        return round(leaf * tree_leaves(int(tree["height"]), int(tree["layers"] or 1)))
    for pattern, costs in _SLOW:
        if re.match(pattern, name):
            return costs.get(operation)
    return None
