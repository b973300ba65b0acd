"""Tenant files: every sample is whole, patches do what they say, and made tenants have exactly the defects that were asked for."""

import tracemalloc
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.statement_files import made, parsed
from local.tenant import names
from local.tenant.drafts import written
from local.tenant.generate import known_defects, main, tenant
from local.tenant.graph import sources
from local.tenant.graph.permissions import data
from local.tenant.graph.routes import endpoints
from local.tenant.graph.snapshots import resources_of, types
from local.tenant.odata.render import type_of
from local.tenant.people import METHODS
from local.tenant.schema import from_sdk, shape, shapes
from local.tenant.tenant_file import defaults, load, merge
from local.tenant.world import World
from tests.tenant.rig import changed

GIVEN_BY_KEY = {"displayName", "id", "federation", "instances"}  # words of a named row, or of the file, that are no properties of some types


@pytest.mark.parametrize("name", names())
def test_a_sample_uses_no_property_that_graph_does_not_have(name: str) -> None:
    world = World(name)
    for row in endpoints():
        if "{" in row["path"] or row["from"] == "none":
            continue
        found = sources.rows(world, row["from"], {}, one=bool(row.get("one")))
        for entity in [found] if row.get("one") else list(found)[:60]:
            known = shape(type_of(entity, row["type"]), "beta")
            assert known, type_of(entity, row["type"])
            strange = {key for key in entity if not key.startswith(("_", "@")) and key not in known} - GIVEN_BY_KEY
            assert not strange, (row["path"], strange)


@pytest.mark.parametrize("name", names())
def test_a_sample_says_what_is_wrong_with_it(name: str) -> None:
    meta = load(name)["meta"]
    assert meta["title"]
    assert meta["about"]
    for gap in [*meta["gaps"], *meta.get("unknown", [])]:
        assert gap["text"].endswith(".")
        assert gap["controls"]
        assert all(control.islower() and control.replace("_", "").isalnum() for control in gap["controls"])


@pytest.mark.parametrize("name", names())
def test_a_sample_sets_no_workload_setting_that_the_service_does_not_have(name: str) -> None:
    spec = load(name)
    for workload in ("exchange", "purview", "teams"):
        known = defaults(workload)
        for kind, patch in spec.get(workload, {}).items():
            assert kind in known, f"{workload}.{kind}"
            service = known[kind]
            one = service["one"] if isinstance(service.get("one"), dict) else {}
            properties = {*one, *service.get("base", {}), *(key for row in service.get("rows", {}).values() for key in row)}
            for row in [patch.get("one", {}), patch.get("base", {}), *patch.get("rows", {}).values()]:
                strange = {key for key in set(row or {}) - properties if not key.endswith(("Policy", "PolicyName", "Id"))}
                assert not strange, (workload, kind, strange)
    assert set(spec.get("sharepoint", {})) <= set(defaults("sharepoint"))


def test_the_schema_is_the_installed_sdks() -> None:
    for name in ("user", "conditionalAccessPolicy", "managedDevice", "unifiedRoleAssignment", "sharepointSettings", "riskyUser"):
        assert from_sdk([name])[name] == shapes("v1.0")[name]


def test_every_accepted_permission_has_an_app_role() -> None:
    wanted = {name for names_ in data()["accepted"].values() for name in names_} | set(defaults("scanner")["granted"]["Microsoft Graph"])
    assert wanted <= set(data()["roles"])


def test_every_snapshot_type_can_be_extracted() -> None:
    world = World("clinic-well-run")
    for kind in types()["types"]:
        for resource in resources_of(world, kind):
            assert resource["displayName"].startswith(types()["types"][kind]["name"])
            assert None not in resource["properties"].values()


def test_patches_merge_remove_and_change_rows() -> None:
    base = {"a": {"b": 1, "c": [{"id": "x", "v": 1}, {"id": "y", "v": 2}]}, "d": {"e": 1}}
    patch = {"a": {"b": 2, "c": {"$set": {"x": {"v": 9}}, "$remove": ["y"], "$add": [{"id": "z"}]}}, "d": None}
    assert merge(base, patch) == {"a": {"b": 2, "c": [{"id": "x", "v": 9}, {"id": "z"}]}}
    with pytest.raises(ValueError, match="no row named 'q'"):
        merge(base, {"a": {"c": {"$remove": ["q"]}}})


def test_a_misspelt_word_is_refused() -> None:
    with pytest.raises(ValueError, match="peple"):
        World({**changed(), "peple": {}})
    with pytest.raises(ValueError, match="ownres"):
        _ = World(changed(groups={"ward": {"ownres": []}})).groups
    with pytest.raises(ValueError, match="no application permission"):
        _ = World(changed(apps={"Charts": {"app_permissions": {"Microsoft Graph": ["Mail.Reed"]}}})).apps
    with pytest.raises(ValueError, match="not a known product"):
        World(changed(skus={"SPE_E9": 1}))
    with pytest.raises(FileNotFoundError, match="clinic"):
        load("no-such-tenant")


def test_an_extended_tenant_is_its_base_with_the_patch(tmp_path: Path) -> None:
    file = tmp_path / "strict.yaml"
    file.write_text(yaml.safe_dump({"extends": "clinic", "graph": {"policies": {"authorizationPolicy": {"allowInvitesFrom": "none"}}}}), "utf-8")
    strict, clinic = World(file), World("clinic")
    assert strict.single("policies.authorizationPolicy") == clinic.single("policies.authorizationPolicy") | {"allowInvitesFrom": "none"}
    assert strict.tenant["id"] == clinic.tenant["id"]


@pytest.mark.parametrize("users", [100, 3000])
def test_a_made_tenant_has_exactly_its_defects(users: int) -> None:
    wanted = {"unregistered": 7, "idle_members": 5, "idle_guests": 3, "pending_guests": 2, "unencrypted": 4, "public": 2, "ownerless": 1}
    world = World(tenant(users, seed=9, defects=wanted))
    people = list(world.people)
    assert len({row["id"] for row in people}) == len(people) == users + users // 5
    assert len({row["userPrincipalName"] for row in people}) == len(people)
    assert sum(not row["_methods"] for row in people) == 7
    assert sum(row["externalUserState"] == "PendingAcceptance" for row in people) == 2
    assert sum(row["isEncrypted"] is False for row in world.devices.managed()) == 4
    assert sum(row["visibility"] == "Public" for row in world.groups.rows) == 2
    assert sum(row["resourceProvisioningOptions"] == ["Team"] and not world.groups.owners(row["id"]) for row in world.groups.rows) == 1
    assert set(METHODS) >= {"none", "app"}
    assert set(wanted) <= set(known_defects())


def test_a_made_tenant_is_the_same_everywhere_and_rows_are_found_by_id() -> None:
    first, second = (World(tenant(500, seed=3)) for _ in range(2))
    assert [row["id"] for row in first.people] == [row["id"] for row in second.people]
    assert first.people[0]["id"] != World(tenant(500, seed=4)).people[333]["id"]
    for at in (0, 7, 250, 599):
        row = first.people[at]
        assert first.people.by_id(row["id"]) == row
    assert first.people.by_id("99999999-0000-4000-8000-000000000000") is None


def test_a_hundred_thousand_people_need_little_memory() -> None:
    spec = tenant(100_000)
    tracemalloc.start()
    world = World(spec)
    page = [world.people[at] for at in range(99_000, 99_500)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(page) == 500
    assert peak < 60 * 2**20


def test_a_made_tenant_can_be_written_down_and_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--users", "50", "--defect", "unregistered=2"]) == 0
    written: dict[str, Any] = yaml.safe_load(capsys.readouterr().out)
    assert sum(not row["_methods"] for row in World(written).people) == 2
    assert main(["--users", "50", "--defect", "colour=2"]) == 2
    assert "unregistered" in capsys.readouterr().err


def test_what_people_stated_is_written_as_files_that_the_product_takes_in(tmp_path: Path) -> None:
    world = World("clinic-well-run")
    paths = written(world, tmp_path / "statements")
    assert [path.stem for path in paths] == ["emergency_accounts-1", "business_associate_register-1", "access_review-1", "access_review-2"]
    for path in paths:
        made(parsed(path), path.parent, datetime.now(UTC).replace(microsecond=0), str(uuid.uuid4()))


def test_emergency_accounts_live_on_the_domain_that_cannot_be_lost() -> None:
    world = World("hospital")
    on = {person["userPrincipalName"] for person in world.people if person["_kind"] == "emergency"}
    assert on == {"emergency-1@saintaldhelm.onmicrosoft.com", "emergency-2@saintaldhelm.onmicrosoft.com"}
