"""Package names in JavaScript modules become paths, and nothing else changes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "wheels"))

from vendoring.repack.modules import relative_imports

IMPORTS = {"@noble/hashes/": "vendor/peers/noble-hashes/2.4.0/", "sodium": "vendor/peers/sodium/1.0/sodium.mjs"}
PATH = "vendor/peers/noble-curves/2.4.0/abstract/edwards.js"


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("import { a } from '@noble/hashes/utils.js';", "import { a } from '../../../noble-hashes/2.4.0/utils.js';"),
        ('import e from"sodium";let r', 'import e from"../../../sodium/1.0/sodium.mjs";let r'),
        ("import 'sodium';", "import '../../../sodium/1.0/sodium.mjs';"),
        ('import { b } from "../utils.js";', 'import { b } from "../utils.js";'),
        (" * import { a } from '@noble/curves';", " * import { a } from '@noble/curves';"),
    ],
)
def test_names_become_paths(source: str, made: str) -> None:
    assert relative_imports(source.encode(), PATH, IMPORTS).decode() == made


def test_a_name_without_a_path_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing is named for the import of 'left-pad'"):
        relative_imports(b"import pad from 'left-pad';", PATH, IMPORTS)
