"""A period: worked out by hand over a week with gaps, and signed so that nothing of it can be exchanged."""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from reporting import verify
from reporting.closing import fail
from reporting.period import period
from reporting.period_package import write
from reporting.signing import DevSigner
from reporting.storage import Storage
from scanners.errors import ScannerError, StorageError
from tests.azurite.test_closing import Rotated
from tests.azurite.test_verify import commands, repacked
from tests.reporting import sample

MONDAY = sample.NIGHT.date()
SUNDAY = MONDAY + timedelta(days=6)


def week(storage: Storage, signer: DevSigner) -> None:
    """Runs on days 0, 1 and 5; day 2 failed; days 3, 4 and 6 had none. Legacy sign-in is fixed on day 1 and back on day 5."""
    sample.whole(storage, signer, 0)
    sample.whole(storage, signer, 1, legacy_authentication_is_blocked="pass")
    sample.begin(storage, 2)
    fail(storage, sample.run_id(2), "the tenant could not be reached", lambda: sample.at(2, 5))
    sample.whole(storage, signer, 5)


def test_a_week_by_hand(storage: Storage, signer: DevSigner) -> None:
    week(storage, signer)
    said = period(storage, MONDAY, SUNDAY, sample.at(30))
    assert (said["days"], said["evaluated_days"]) == (7, 3)
    assert said["missing_days"] == ["2026-11-26", "2026-11-27", "2026-11-28", "2026-11-30"]
    assert said["longest_gap_hours"] == 96  # from the run of day 1 to that of day 5
    assert [each["run"] for each in said["failed_runs"]] == [sample.run_id(2)]
    assert [each["sequence"] for each in said["runs"]] == [1, 2, 3]
    controls = {each["control"]: each for each in said["controls"]}
    legacy = controls["legacy_authentication_is_blocked"]
    assert {name: days for name, days in legacy["days"].items() if days} == {"fail": 2, "pass": 1, "not_evaluated": 4}
    assert (legacy["met_percent"], controls["audit_log_is_on"]["met_percent"], controls["guests_are_reviewed"]["met_percent"]) == (14, 42, 42)
    assert said["is_risk_analysis"] is False


def test_every_control_s_days_add_up(storage: Storage, signer: DevSigner) -> None:
    week(storage, signer)
    for each in period(storage, MONDAY, SUNDAY, sample.at(30))["controls"]:
        assert sum(each["days"].values()) == 7


def test_days_to_come_are_not_counted(storage: Storage, signer: DevSigner) -> None:
    week(storage, signer)
    said = period(storage, MONDAY, date(2027, 6, 1), sample.at(5, 60))
    assert (said["to"], said["days"]) == ("2026-11-29", 6)


@pytest.mark.parametrize(("first", "last"), [(SUNDAY, MONDAY), (date(2020, 1, 1), SUNDAY), (date(2030, 1, 1), date(2030, 2, 1))])
def test_a_period_without_days_or_with_too_many_is_refused(storage: Storage, first: date, last: date) -> None:
    with pytest.raises(ScannerError):
        period(storage, first, last, sample.at(30))


def test_a_period_without_runs_has_gaps_only_and_is_not_signed(storage: Storage, signer: DevSigner) -> None:
    said = period(storage, MONDAY, SUNDAY, sample.at(30))
    assert (said["evaluated_days"], said["longest_gap_hours"], said["controls"]) == (0, 168, [])
    with pytest.raises(ScannerError, match="nothing to sign"):
        write(io.BytesIO(), storage, MONDAY, SUNDAY, signer, sample.at(30))


def test_results_that_were_changed_in_the_store_are_not_reported(storage: Storage, signer: DevSigner) -> None:
    week(storage, signer)
    client = storage.blobs._service.get_blob_client("attestations", f"{sample.run_id(1)}/results-000000002.ndjson")
    client.upload_blob(client.download_blob().readall().replace(b'"fail"', b'"pass"'), overwrite=True)
    with pytest.raises(StorageError, match="not those that were signed"):
        period(storage, MONDAY, SUNDAY, sample.at(30))


def signed(storage: Storage, signer: DevSigner, folder: Path) -> Path:
    path = folder / "period.zip"
    with path.open("wb") as file:
        write(file, storage, MONDAY, SUNDAY, signer, sample.at(30))
    return path


def test_a_signed_period_verifies_with_its_links(storage: Storage, signer: DevSigner, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    week(storage, signer)
    path = signed(storage, signer, tmp_path)
    assert verify.main([str(path), "--keyid", signer.keyid, "--allow-dev-key"]) == 0
    said = capsys.readouterr().out
    assert "VERIFIED: 2026-11-24 to 2026-11-30" in said
    assert "3 links follow each other" in said
    assert verify.main([str(path), "--allow-dev-key"]) == 1
    rows = list(csv.DictReader(io.StringIO(zipfile.ZipFile(path).read("period.csv").decode("utf-8-sig"))))
    assert {row["control"]: row["days_fail"] for row in rows}["legacy_authentication_is_blocked"] == "2"


def test_a_period_over_a_change_of_keys_verifies(storage: Storage, signer: DevSigner, tmp_path: Path) -> None:
    newer = Rotated(tmp_path, signer)
    sample.whole(storage, signer, 0)
    sample.whole(storage, newer, 1)
    path = signed(storage, newer, tmp_path)
    assert verify.main([str(path), "--keyid", newer.keyid, "--allow-dev-key"]) == 0


def test_a_period_whose_links_were_exchanged_is_refused(storage: Storage, signer: DevSigner, tmp_path: Path) -> None:
    week(storage, signer)
    path = signed(storage, signer, tmp_path)

    class Whole:
        nights = (path,)

    for name in ("envelopes/000000002.json", "period.json", "period.csv"):
        changed = repacked(Whole(), tmp_path / "changed.zip", lambda members, name=name: members.pop(name))  # type: ignore[arg-type,misc]
        assert verify.main([str(changed), "--keyid", signer.keyid, "--allow-dev-key"]) == 1


@pytest.mark.skipif(not all(map(shutil.which, ("openssl", "jq", "sha256sum"))), reason="needs openssl, jq and sha256sum")
def test_the_commands_for_a_period_do_what_it_says(storage: Storage, signer: DevSigner, tmp_path: Path) -> None:
    week(storage, signer)
    with zipfile.ZipFile(signed(storage, signer, tmp_path)) as zipped:
        zipped.extractall(tmp_path / "out")
    text = (tmp_path / "out/VERIFY.md").read_text()

    def execute() -> str:
        done = subprocess.run(["bash", "-c", "\n".join(commands(text))], cwd=tmp_path / "out", capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    said = execute()
    assert all(each in said for each in (signer.keyid, "Verified OK", "all members are as signed", "links were compared"))
    assert "does not follow" not in said
    (tmp_path / "out/envelopes/000000002.json").unlink()
    assert re.search(r"000000003\.json does not follow", execute())
    assert json.loads((tmp_path / "out/period.json").read_text())["days"] == 7
