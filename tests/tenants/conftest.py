from collections.abc import Callable

import pytest

from .seen import Seen


@pytest.fixture(scope="session")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Seen]:
    """A sample tenant by name, read once. The well-run clinic has every statement on file; the others have their own."""
    known: dict[str, Seen] = {}

    def named(name: str) -> Seen:
        if name not in known:
            known[name] = Seen(name, tmp_path_factory.mktemp("tenant"), more=name == "clinic-well-run")
        return known[name]

    return named
