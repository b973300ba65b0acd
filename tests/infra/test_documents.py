"""The pages that people follow say what is there: parameters, settings, alarms, routes, files, verbs; and their sums are right."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from scanners.catalogue import VERSION
from settings import Settings
from tests.infra import bicep
from tests.infra.test_settings import NEVER

ROOT = bicep.ROOT
PAGES = ("docs/OPERATIONS.md", "docs/LOGIC-APPS.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(number: int) -> str:
    text = page("docs/OPERATIONS.md").split(f"\n## {number} ", 1)[1]
    return text.split("\n## ", 1)[0]


def rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")
    ]


def test_every_parameter_is_in_the_table_with_its_variable_and_its_default() -> None:
    told = {row[0].split("`")[1]: row for row in rows(section(15)) if row[0].startswith("`")}
    known = bicep.tree(bicep.BICEP / "main.bicep")["parameters"]
    assert set(told) == set(known)
    file = (bicep.BICEP / "main.bicepparam").read_text(encoding="utf-8")
    variables = dict(re.findall(r"(?m)^param (\w+) = .*?readEnvironmentVariable\('(\w+)'", file))
    for name, row in told.items():
        description = next(d["argument"] for d in known[name]["decorators"] if d["type"] == "description")
        assert row[0] == f"`{name}`: {description}"
        assert row[1] == (f"`{variables[name]}`" if name in variables else "")
        if isinstance(known[name]["default"], (bool, int)):
            assert row[2] == f"`{str(known[name]['default']).lower()}`"
        elif known[name]["default"] is None:
            assert row[2] == "needed"


def test_every_setting_that_can_be_made_is_in_the_readme() -> None:
    readme = page("README.md")
    for field in Settings.model_fields.values():
        name = str(field.alias)
        if name not in NEVER and not name.startswith("EVIDENCE_STORAGE__"):
            assert name in readme or name in page("docs/OPERATIONS.md") or name in ("SHAREPOINT_ADMIN", "SHAREPOINT_ADMIN_URL", "DNS_SERVERS"), name


def test_every_alarm_is_in_the_table() -> None:
    told = {row[0] for row in rows(section(7))} - {"alert"}
    made = {each["name"] for each in bicep.variable("modules/alerts.bicep", "whenever")}
    assert told == made | {"scan-overdue", "management"}


def test_every_route_that_is_written_down_exists() -> None:
    routes = {r for file in (ROOT / "api").glob("*_routes.py") for r in re.findall(r'route="([^"]+)"', file.read_text(encoding="utf-8"))}
    shapes = [re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(f"/api/{route}"))) for route in routes]
    for name in PAGES:
        for path in re.findall(r"/api/[A-Za-z0-9_./{}-]*[A-Za-z0-9}]", page(name)):
            if not path.endswith(".py"):
                assert any(shape.fullmatch(path) for shape in shapes), f"{name}: {path}"


@pytest.mark.parametrize("name", PAGES)
def test_files_verbs_and_links_that_are_written_down_exist(name: str) -> None:
    text = page(name)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for verb in re.findall(r"`make ([a-z]+)", text):
        assert f"\n{verb}:" in makefile, verb
    for path in re.findall(r"`((?:infra|scanners|tests|docs|local|runs|api|reporting)/[A-Za-z0-9_./-]+)`", text):
        assert (ROOT / path).exists(), path
    for module in re.findall(r"`python -m ([a-z_.]+)", text):
        there = ROOT / module.replace(".", "/")
        assert there.with_suffix(".py").exists() or (there / "__main__.py").exists(), module
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        titles = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines() if line.startswith("#")}
        assert anchor in titles, anchor
    for link in re.findall(r"\]\(([^)#:]+\.md)[^)]*\)", text):
        assert (ROOT / Path(name).parent / link).exists(), link


def test_versions_agree() -> None:
    project: dict[str, Any] = tomllib.loads(page("pyproject.toml"))["project"]
    assert project["version"] == VERSION
    assert re.search(r"(?m)^## (\S+)", page("CHANGELOG.md"))[1] == VERSION  # type: ignore[index]
    assert "MIT License" in page("LICENSE")


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda p: p.name)
def test_workflows_pin_what_they_use_and_may_little(path: Path) -> None:
    flow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert flow["permissions"] == {"contents": "read"}
    for name, job in flow["jobs"].items():
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            if uses := step.get("uses"):
                assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", uses), uses
                assert "checkout" not in uses or step["with"]["persist-credentials"] is False
            for verb in re.findall(r"make ([a-z]+)", step.get("run", "")):
                assert f"\n{verb}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
        assert job.get("permissions", {}) in ({}, {"contents": "write"}), name


def test_the_workflow_covers_every_python_and_compiles_every_deployed_file() -> None:
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    assert flow["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    steps = json.dumps(flow["jobs"]["bicep"])
    for path in bicep.files():
        relative = path.relative_to(ROOT).as_posix()
        assert relative in steps or "/modules/" in relative or relative.endswith("resources.bicep")
    given = set(flow["jobs"]["bicep"]["env"])
    needed = re.findall(r"readEnvironmentVariable\('(\w+)'\)", (bicep.BICEP / "main.bicepparam").read_text(encoding="utf-8"))
    assert set(needed) == given


def test_findings_that_stand_are_explained_in_whole_sentences() -> None:
    explained = yaml.safe_load((ROOT / "infra" / "checkov.yaml").read_text(encoding="utf-8"))
    names = {r.name for r in bicep.resources()}
    for check, by_resource in explained.items():
        assert re.fullmatch(r"CKV2?_AZURE_\d+", check)
        for resource, reason in by_resource.items():
            assert resource in names
            assert len(reason) > 8
            assert reason.endswith(".")
