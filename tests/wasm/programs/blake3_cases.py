"""A deterministic run through blake3: lengths around every boundary of its tree, keyed, derived, extended, in parts.

Runs in Pyodide and, as the oracle, on the machine's own Python with PyPI's (Rust) blake3.
"""

import random


def lengths(source, count):
    """Every length up to three chunks of 1024 bytes at each side of a block, then random ones up to 200 kB."""
    edges = {max(0, chunks * 1024 + block * 64 + off) for chunks in range(18) for block in (0, 1, 15) for off in (-1, 0, 1)}
    return sorted(edges) + [source.randrange(200_000) for _ in range(count)]


def main(args):
    """``args``: seed, count of random lengths. Returns [[name, digest], ...]."""
    from blake3 import blake3

    source = random.Random(args["seed"])
    cases = []
    for size in lengths(source, args["count"]):
        data = source.randbytes(size)
        cases.append([f"hash {size}", blake3(data).hexdigest()])
        cases.append([f"keyed {size}", blake3(data, key=source.randbytes(32)).hexdigest()])
        cases.append([f"derived {size}", blake3(data, derive_key_context=f"KeriWasm {size}").hexdigest()])
        out, seek = source.randrange(1, 400), source.randrange(1000)
        cases.append([f"extended {size} {out} {seek}", blake3(data).hexdigest(length=out, seek=seek)])
        parts, at = blake3(), 0
        while at < size:
            step = source.choice((1, 63, 64, 1024, 4096, 20_000))
            parts.update(data[at : at + step])
            at += step
        cases.append([f"parts {size}", parts.hexdigest()])
    return cases
