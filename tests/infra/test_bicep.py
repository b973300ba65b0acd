"""The Bicep is whole: it parses, its modules fit together, everything is described, no name is too long, nothing secret comes out."""

import re
from pathlib import Path

import pytest

from tests.infra import bicep

IDS = [p.relative_to(bicep.BICEP).as_posix() for p in bicep.files()]


@pytest.mark.parametrize("path", bicep.files(), ids=IDS)
def test_two_parsers_understand_every_file(path: Path) -> None:
    assert bicep.syntax_errors(bicep.text_of(path)) == []
    assert bicep.tree(path)["globals"]


def test_the_parsers_refuse_what_is_broken() -> None:
    text = bicep.text_of(bicep.BICEP / "main.bicep")
    assert bicep.syntax_errors(text.replace("module scanner", "module module scanner {", 1))
    assert len(bicep.files()) >= 16


@pytest.mark.parametrize("path", bicep.files(), ids=IDS)
def test_every_parameter_and_output_is_described_and_every_file_says_what_it_is(path: Path) -> None:
    tree = bicep.tree(path)
    for kind in ("parameters", "outputs"):
        for name, each in tree.get(kind, {}).items():
            described = [d["argument"] for d in each["decorators"] if d["type"] == "description"]
            assert described, f"{name} is not described"
            assert described[0].endswith("."), f"{name}: {described[0]}"
    assert path.read_text(encoding="utf-8").startswith("// ")
    assert path.read_text(encoding="utf-8").count("\n") <= 300


@pytest.mark.parametrize("path", bicep.files(), ids=IDS)
def test_modules_are_given_exactly_the_parameters_that_they_have(path: Path) -> None:
    for name, module in bicep.tree(path).get("modules", {}).items():
        target = bicep.tree(path.parent / module["detail"]["path"])["parameters"]
        given = set(bicep.inner(module["config"])["params"])
        required = {key for key, each in target.items() if each["default"] is None}
        assert given <= set(target), f"module {name} has no parameter {sorted(given - set(target))}"
        assert required <= given, f"module {name} needs {sorted(required - given)}"


@pytest.mark.parametrize("path", bicep.files(), ids=IDS)
def test_outputs_that_are_used_exist_and_parameters_that_exist_are_used(path: Path) -> None:
    tree, text = bicep.tree(path), bicep.text_of(path)
    for module, output in re.findall(r"\b(\w+)\.\??outputs\.\??(\w+)", text):
        target = bicep.tree(path.parent / tree["modules"][module]["detail"]["path"])
        assert output in target["outputs"], f"{module}.outputs.{output}"
    for name in (*tree.get("parameters", {}), *tree.get("variables", {})):
        assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{name} is declared and not used"


def test_conditional_modules_are_reached_with_care() -> None:
    """An output of a module that may not be deployed has a substitute."""
    text = bicep.text_of(bicep.BICEP / "resources.bicep")
    conditional = re.findall(r"module (\w+) '[^']+' = if", text)
    assert set(conditional) == {"network", "endpoints", "events", "sample"}
    for name in conditional:
        assert not re.search(rf"\b{name}\.outputs", text), name
        for use in re.findall(rf"\b{name}\.\?outputs[^\n]*", text):
            assert "??" in use, use


def test_the_parameter_file_names_existing_parameters_and_all_that_have_no_default() -> None:
    text = (bicep.BICEP / "main.bicepparam").read_text(encoding="utf-8")
    known = bicep.tree(bicep.BICEP / "main.bicep")["parameters"]
    given = set(re.findall(r"(?m)^param (\w+) =", text))
    assert text.splitlines()[1] == "using './main.bicep'"
    assert given <= set(known)
    assert {name for name, each in known.items() if each["default"] is None} <= given
    for name, value in re.findall(r"(?m)^param (\w+) = readEnvironmentVariable\('\w+', '([^']*)'\)", text):
        assert known[name]["default"] == value, f"{name} has two defaults"


def test_names_are_within_the_limits_of_their_services() -> None:
    """The unique part has 13 characters. Limits: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules"""
    limits = {"Microsoft.Storage/storageAccounts": 24, "Microsoft.KeyVault/vaults": 24, "Microsoft.Web/sites": 60, "Microsoft.EventGrid/topics": 50}
    checked = 0
    for kind, most in limits.items():
        for each in bicep.of(kind):
            name = each.config["name"].replace("${token}", "a" * 13)
            assert "${" not in name
            assert 3 <= len(name) <= most, name
            assert kind != "Microsoft.Storage/storageAccounts" or re.fullmatch(r"[a-z0-9]+", name)
            checked += 1
    assert checked == 5
    lengths = {d["type"]: d["argument"] for d in bicep.tree(bicep.BICEP / "resources.bicep")["parameters"]["token"]["decorators"]}
    assert (lengths["min_length"], lengths["max_length"]) == (13, 13)
    assert bicep.one("Microsoft.Insights/actionGroups").properties["groupShortName"] == "hipaa-scan"  # at most 12


def test_no_output_carries_a_secret() -> None:
    for path in bicep.files():
        for name, output in bicep.tree(path).get("outputs", {}).items():
            words = " ".join(bicep.strings(output["value"])).lower()
            for secret in ("listkeys", "listaccountsas", "connectionstring", "instrumentationkey", "primarykey", "password", "secret", "sas"):
                assert secret not in words, f"{path.name}: {name}"
        assert "listKeys(" not in bicep.text_of(path)
        assert "@secure" not in bicep.text_of(path), "there is nothing secret to hand in"


def test_no_address_of_a_cloud_is_written_down() -> None:
    """The same files serve every cloud: addresses come from environment() or from the resources."""
    hosts = re.compile(r"(core\.windows\.net|vault\.azure\.net|login\.microsoftonline|azurewebsites\.net|management\.azure\.com|\.usgovcloudapi)")
    for path in bicep.files():
        assert not hosts.search(bicep.text_of(path)), path.name
