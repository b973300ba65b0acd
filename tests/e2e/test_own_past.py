"""A row of the table of runs that was changed behind the product's back: the next run says so, believes nothing of it, and still ends signed."""

from pathlib import Path

from reporting.storage.runs import newest_first
from runs.context import context
from runs.steps import held_by
from scanners.errors import Unrecognised
from tests.e2e.rig import custody, loads, rig

NEEDS_HISTORY = "evaluation_was_signed_off"


def test_a_changed_row_makes_unknown_what_is_judged_from_the_past(tmp_path: Path) -> None:
    with rig(tmp_path, environment={"ONLY_CONTROLS": f"{NEEDS_HISTORY},only_named_roles_invite_guests"}) as held:
        first = held.scan()
        assert first.completed, first.failure
        second = held.scan()
        told = loads(held.storage.evidence(second.run).page(custody(held.storage, second.run, "run_history")["pages"][0]["blob"]))
        assert [(each["run_id"], each["status"], each["expected_controls"], each["results"]) for each in told["runs"]] == [
            (first.run, "completed", 2, 2)
        ]

        row = {"PartitionKey": held.storage.tenant_id, "RowKey": newest_first(first.run), "EnvelopeSha256": "d" * 64}
        held.storage.tables._service.get_table_client("Runs").update_entity(row)
        third = held.scan()
        assert third.completed, third.failure
        kept = custody(held.storage, third.run, "run_history")
        assert (kept["read"], kept["reason"], kept["pages"]) == (False, "unrecognised", [])
        assert first.run in kept["because"]
        assert isinstance(held_by(context().of_run(third.run)).reading("run_history"), Unrecognised)  # what the control is handed, so it is `unknown`
        assert held.results(third.run)["only_named_roles_invite_guests"].outcome == "fail"
