"""What several files of unit tests share: a small site that serve.py serves (see serve_site.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from serve_site import Client, build, running


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("serve"))


@pytest.fixture(scope="module")
def site(root: Path) -> Iterator[Client]:
    with running(root) as client:
        yield client
