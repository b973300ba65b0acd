"""One app with one signed run for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.api.rig import Api, api


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api(tmp_path_factory.mktemp("api")) as held:
        yield held


@pytest.fixture(autouse=True)
def refusals_of_one_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has the whole budget of logged refusals, however many the tests before it made."""
    from api import visits

    monkeypatch.setattr(visits.refusals, "_minute", 0)
    monkeypatch.setattr(visits.refusals, "_used", 0)
