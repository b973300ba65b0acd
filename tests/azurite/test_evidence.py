"""Evidence is put once, in order, and read back as it was put."""

import json

import pytest

from reporting.storage import Storage
from reporting.storage.evidence import member
from scanners.errors import StorageError
from tests.reporting import sample


def test_a_page_is_kept_byte_for_byte(storage: Storage) -> None:
    evidence = storage.evidence(sample.run_id())
    body = b'{"value": [ 1,\r\n 2 ],  "odd spacing":"\xc3\xa9"}'
    path, _ = evidence.put_page("users", 1, 1, body)
    assert path == f"evidence/{sample.run_id()}/users/00001.json"
    assert member(path) == "evidence/users/00001.json"
    assert evidence.page(path) == body


def test_the_same_page_twice_keeps_one_blob(storage: Storage) -> None:
    evidence = storage.evidence(sample.run_id())
    first = evidence.put_page("users", 1, 1, b"{}")
    assert evidence.put_page("users", 1, 1, b"{}")[0] == first[0]
    assert len(list(storage.blobs.listed("evidence/"))) == 1


def test_another_body_for_the_same_page_never_overwrites_and_has_its_own_path(storage: Storage) -> None:
    evidence = storage.evidence(sample.run_id())
    first, _ = evidence.put_page("users", 1, 1, b'{"a":1}')
    second, _ = evidence.put_page("users", 1, 1, b'{"a":2}')
    assert first != second
    assert (evidence.page(first), evidence.page(second)) == (b'{"a":1}', b'{"a":2}')


def test_progress_continues_after_the_last_page_without_a_gap(storage: Storage) -> None:
    evidence = storage.evidence(sample.run_id())
    assert evidence.progress("users") == (1, ())
    pages = sample.collect(storage, pages=3)
    assert evidence.progress("users") == (1, tuple(pages))
    assert evidence.progress("policies") == (1, ())


def test_progress_stops_at_a_gap(storage: Storage) -> None:
    import dataclasses

    evidence = storage.evidence(sample.run_id())
    pages = sample.collect(storage, pages=2)
    evidence.put_progress("users", 1, dataclasses.replace(pages[1], number=5))
    assert evidence.progress("users")[1] == tuple(pages)


def test_pages_may_be_counted_from_zero(storage: Storage) -> None:
    import dataclasses

    evidence = storage.evidence(sample.run_id())
    (page,) = sample.collect(storage, pages=1, fact="policies")
    counted = [dataclasses.replace(page, number=n) for n in range(3)]
    for each in counted:
        evidence.put_progress("users", 1, each)
    assert evidence.progress("users") == (1, tuple(counted))


def test_a_further_attempt_is_the_one_that_continues(storage: Storage) -> None:
    import dataclasses

    evidence = storage.evidence(sample.run_id())
    pages = sample.collect(storage, pages=2)
    path, _ = evidence.put_page("users", 2, 1, b'{"again":true}')
    assert path.endswith("/users/attempt-2/00001.json")
    again = dataclasses.replace(pages[0], blob=path)
    evidence.put_progress("users", 2, again)
    assert evidence.progress("users") == (2, (again,))


def test_the_first_custody_record_counts(storage: Storage) -> None:
    evidence = storage.evidence(sample.run_id())
    assert evidence.custody("users") is None
    about = {"run": sample.run_id(), "fact": "users", "pages": []}
    assert evidence.commit("users", {**about, "by": "first"})["by"] == "first"
    assert evidence.commit("users", {**about, "by": "second"})["by"] == "first"
    assert (evidence.custody("users") or {})["by"] == "first"
    assert evidence.facts() == ("users",)
    assert json.loads(evidence.custody_bytes("users") or b"") == {**about, "by": "first"}


@pytest.mark.parametrize("fact", ["../other", "a/b", "", "a\\b", "a b", "a\x00", "é"])
def test_a_name_that_could_leave_its_run_is_refused(storage: Storage, fact: str) -> None:
    with pytest.raises(StorageError):
        storage.evidence(sample.run_id()).put_page(f"{fact}/..", 1, 1, b"{}")


def test_many_pages_come_back_in_order_and_read_ahead(storage: Storage) -> None:
    evidence = storage.evidence(sample.run_id())
    paths = [evidence.put_page("users", 1, n, b"%d" % n)[0] for n in range(1, 61)]
    assert [int(body) for body in evidence.pages((path, 2) for path in paths)] == list(range(1, 61))


def test_a_page_that_somebody_removed_is_a_fault_that_names_it(storage: Storage) -> None:
    with pytest.raises(StorageError, match=r"users/00009\.json is missing"):
        storage.evidence(sample.run_id()).page(f"evidence/{sample.run_id()}/users/00009.json")


def test_only_evidence_is_read_as_evidence(storage: Storage) -> None:
    with pytest.raises(StorageError, match="not evidence"):
        storage.evidence(sample.run_id()).page("statements/x/v000001.json")


def test_an_unreachable_store_says_what_to_check() -> None:
    from reporting.storage import RETRY

    patience = dict(RETRY)
    RETRY.update(retry_total=0, connection_timeout=1)
    try:
        nobody = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:9/a;TableEndpoint=http://127.0.0.1:9/a;"
        with pytest.raises(StorageError, match="could not be reached"):
            Storage.connect(nobody, sample.TENANT.id).ensure()
    finally:
        RETRY.update(patience)
