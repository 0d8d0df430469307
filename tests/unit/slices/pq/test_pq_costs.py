"""What the post-quantum slice says about costs; everything that needs liboqs itself is in tests/wasm."""

from __future__ import annotations

import pytest
from slices.pq.costs import cost_ms, tree_leaves
from slices.pq.resources import bars


@pytest.mark.parametrize(
    ("height", "layers", "leaves"),
    [(10, 1, 1024), (20, 1, 1 << 20), (20, 2, 2048), (20, 4, 128), (60, 12, 384), (60, 3, 3 << 20)],
)
def test_leaves_of_a_tree(height, layers, leaves):
    assert tree_leaves(height, layers) == leaves


def test_taller_trees_cost_more():
    heights = [cost_ms(f"XMSS-SHA2_{height}_256", "keypair") for height in (10, 16, 20)]
    assert heights == sorted(heights) and heights[0] < 3_000 and heights[1] > 100_000
    assert cost_ms("XMSSMT-SHA2_20/4_256", "keypair") < 500 < cost_ms("XMSSMT-SHA2_20/2_256", "keypair")
    assert cost_ms("XMSS-SHA2_10_256", "sign") is None


def test_every_family_of_trees_has_a_figure():
    """A KeyError here would be a 500 on the page: each hash and length that RFC 8391 and SP 800-208 name here."""
    for name in (
        "SHA2_10_256",
        "SHA2_10_192",
        "SHA2_10_512",
        "SHAKE_10_256",
        "SHAKE_10_512",
        "SHAKE256_10_192",
        "SHAKE256_10_256",
    ):
        assert cost_ms(f"XMSS-{name}", "keypair") > 1_000


def test_fast_algorithms_have_no_figure():
    for name in ("ML-KEM-768", "ML-DSA-65", "Falcon-512", "MAYO-2", "SPHINCS+-SHA2-128f-simple"):
        for operation in ("keypair", "sign", "encaps", "verify"):
            assert cost_ms(name, operation) is None


def test_slow_ones_have_theirs():
    assert cost_ms("Classic-McEliece-8192128", "keypair") > cost_ms("Classic-McEliece-8192128f", "keypair") > 1_000
    assert cost_ms("SLH_DSA_PURE_SHAKE_256S", "sign") > 1_000
    assert cost_ms("SLH_DSA_SHA3_512_PREHASH_SHA2_128S", "sign") > 500


def test_bars_grow_with_the_size_and_stay_within_the_picture():
    rows = bars(
        {"public": 1_357_824, "secret": 1, "signature": 4096}, {"public": 32, "secret": 64, "signature": 64}, 1_357_824
    )
    widths = {row["size"]: row["width"] for row in rows}
    assert 0 < widths[1] < widths[4096] < widths[1_357_824] <= 100
    assert all(0 < row["reference_width"] <= 100 for row in rows)
