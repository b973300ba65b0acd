"""The package: what goes in, what stays out, equal bytes from equal sources, the requirements of Azure whatever this machine is."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from local import package
from local.package import PackageError, let_through, prune, unused, wanted, zipped

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project with the real .funcignore."""
    (tmp_path / ".funcignore").write_bytes((ROOT / ".funcignore").read_bytes())
    inside = ["function_app.py", "settings.py", "host.json", "requirements.txt", "api/a.py", "runs/a.py", "scanners/controls/access/a.py"]
    inside += ["scanners/hipaa.yaml", "reporting/templates/VERIFY.md", ".python_packages/lib/site-packages/azure/__init__.py"]
    outside = [
        "tests/test_a.py",
        "local/a.py",
        "infra/permissions.json",
        "docs/a.md",
        "README.md",
        "local.settings.json",
        "requirements-dev.txt",
        ".env",
    ]
    outside += ["api/__pycache__/a.cpython-313.pyc", "dist/old.zip", ".venv/lib/a.py", ".demo/keys/key.pem"]
    for name in (*inside, *outside):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    return tmp_path


def test_only_what_is_named_goes_to_azure(tree: Path) -> None:
    went = {path.as_posix() for path in let_through(tree)}
    assert went == {
        "function_app.py",
        "settings.py",
        "host.json",
        "requirements.txt",
        "api/a.py",
        "runs/a.py",
        "scanners/controls/access/a.py",
        "scanners/hipaa.yaml",
        "reporting/templates/VERIFY.md",
        ".python_packages/lib/site-packages/azure/__init__.py",
    }


def test_every_file_of_the_product_goes_to_azure(tmp_path: Path) -> None:
    """From the real folders: sources, rules, templates and data; a pattern such as *.md would lose VERIFY.md."""
    for name in ("function_app.py", "settings.py", "host.json", "requirements.txt", ".funcignore"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in (product := ("api", "runs", "reporting", "scanners")):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / package.PACKAGES.parts[0]).mkdir()
    went = {p.as_posix() for p in let_through(tmp_path)}
    there = {
        p.relative_to(tmp_path).as_posix() for name in product for p in (tmp_path / name).rglob("*") if p.is_file() and "__pycache__" not in p.parts
    }
    assert there <= went
    assert {"function_app.py", "settings.py", "host.json", "reporting/templates/VERIFY.md", "scanners/hipaa.yaml"} <= went
    assert len(went) == len(there) + 4


def test_rules_that_azd_would_read_otherwise_are_refused(tree: Path) -> None:
    rules = (tree / ".funcignore").read_text(encoding="utf-8")
    for changed, why in (
        (rules + "docs/private\n", "not understood"),
        (rules + "!*.md\n", "not understood"),
        ("tests\n" + rules, "begin by holding back"),
        (rules + "!/missing\n", "does not exist"),
    ):
        (tree / ".funcignore").write_text(changed, encoding="utf-8")
        with pytest.raises(PackageError, match=why):
            list(let_through(tree))


def test_equal_sources_make_equal_bytes(tree: Path) -> None:
    first = zipped(tree, tree / "dist" / "one.zip", let_through(tree))
    for path in tree.rglob("*.py"):
        path.touch()
    second = zipped(tree, tree / "dist" / "two.zip", let_through(tree))
    assert first.sha256 == second.sha256
    assert first.files == 10
    with zipfile.ZipFile(second.path) as archive:
        assert archive.testzip() is None
        assert archive.read("host.json") == b"host.json"


def test_a_package_that_is_too_large_is_refused(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LARGEST", 100)
    with pytest.raises(PackageError, match="more than 100"):
        zipped(tree, tree / "dist" / "big.zip", let_through(tree))


def test_nothing_that_can_be_imported_is_pruned(tmp_path: Path) -> None:
    gone = ("msgraph/generated/kiota-dom-export.txt", "bin/dotenv", "yarl/_quoting.pyx", "a/b.pyi", "a/__pycache__/b.cpython-313.pyc")
    stay = (
        "msgraph/generated/users/users_request_builder.py",
        "a/_b.abi3.so",
        "a/tests/__init__.py",
        "a-1.dist-info/METADATA",
        "a-1.dist-info/entry_points.txt",
        "certifi/cacert.pem",
    )
    for name in (*gone, *stay):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    assert sorted(prune(tmp_path)) == sorted(gone)
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} == set(stay)
    assert not (tmp_path / "bin").exists()
    assert not any(unused(name) for name in ("x.py", "x.so", "x/y.json"))


def test_the_requirements_are_those_of_azure_and_keep_their_hashes() -> None:
    pins = wanted((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    lines = pins.splitlines()
    assert any(line.startswith("azure-functions==2.") for line in lines)
    assert not any(line.startswith("azure-functions==1.") for line in lines)
    assert not any(line.startswith(("pytest", "ruff", "mypy", "pycep")) for line in lines)
    for line in lines:
        assert "--hash=sha256:" in line
        assert ";" not in line.split("--hash")[0]


def test_requirements_of_other_platforms_are_left_out() -> None:
    text = (
        'a==1 ; sys_platform == "win32" \\\n    --hash=sha256:aa\nb==2 ; python_version >= "3.13" \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n'
        "# a comment\nc==3 --hash=sha256:dd\n"
    )
    kept = wanted(text).splitlines()
    assert [line.split("==")[0] for line in kept] == ["b", "c"]
    assert kept[0].count("--hash") == 2


def test_azd_is_told_to_build_here() -> None:
    import yaml

    service = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
    assert service["infra"] == {"provider": "bicep", "path": "infra/bicep"}
    scanner = service["services"]["scanner"]
    assert scanner["remoteBuild"] is False
    assert scanner["hooks"]["prepackage"]["run"] == "make dependencies"
    assert "\ndependencies:" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_host_json_is_at_the_root_and_names_the_stable_bundle() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    assert host["extensionBundle"]["id"] == "Microsoft.Azure.Functions.ExtensionBundle"
    assert host["extensions"]["durableTask"]["tracing"]["traceInputsAndOutputs"] is False


def test_the_bill_of_materials_names_every_pinned_package_once(tmp_path: Path) -> None:
    """Of this environment, which has at least what is pinned for Azure."""
    import sysconfig

    from local.sbom import bill, normal

    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    found = bill(Path(sysconfig.get_paths()["purelib"]), requirements)
    by_name = {each["name"]: each for each in found["components"]}
    assert len(by_name) == len(found["components"])
    for line in wanted(requirements).splitlines():
        name, version = line.split(" ")[0].split("==")
        assert by_name[normal(name.split("[")[0])]["version"] == version or "azure-functions" in name
        assert by_name[normal(name.split("[")[0])]["properties"]
    references = {each["bom-ref"] for each in found["components"]} | {found["metadata"]["component"]["bom-ref"]}
    for each in found["dependencies"]:
        assert each["ref"] in references
        assert set(each["dependsOn"]) <= references
    tree = {each["ref"].split("@")[0]: each["dependsOn"] for each in found["dependencies"]}
    assert any(ref.startswith("pkg:pypi/cryptography@") for ref in tree["pkg:pypi/azure-storage-blob"])
    assert bill(Path(sysconfig.get_paths()["purelib"]), requirements) == found
