"""One app with one signed run for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.api.rig import Api, api


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api(tmp_path_factory.mktemp("api")) as held:
        yield held
