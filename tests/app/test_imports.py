"""The direction of imports, enforced by walking them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OURS = ("function_app", "settings", "api", "runs", "reporting", "scanners", "local")
PRODUCT = [p for name in OURS for p in ([ROOT / f"{name}.py"] if (ROOT / f"{name}.py").exists() else sorted((ROOT / name).rglob("*.py")))]
ALLOWED = {
    "scanners": {"scanners"},
    "reporting": {"reporting", "scanners"},
    "settings": {"scanners", "settings"},
    "runs": {"runs", "reporting", "scanners", "settings"},
    "api": {"api", "runs", "reporting", "scanners", "settings"},
    "function_app": {"api", "runs"},
    "local": {"local", "runs", "reporting", "scanners", "settings", "function_app"},
}
ONLY_IN = {
    "msgraph": ("scanners/doors/",),
    "kiota_http": ("scanners/doors/",),
    "kiota_abstractions": ("scanners/doors/",),
    "azure.storage.blob": ("reporting/storage/",),
    "azure.data.tables": ("reporting/storage/",),
    "azure.storage.queue": ("reporting/storage/",),
    "azure.eventgrid": ("runs/event_grid.py",),
    "azure.keyvault": ("reporting/signing.py",),
}
LOCAL_TOO = ("local/",)  # the stand-ins of this machine are the other ends of these libraries


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {id(n) for i in ast.walk(tree) if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.dump(i.test) for n in ast.walk(i)}
    top = {id(n) for n in tree.body}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, id(node) in top
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) in top


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PRODUCT, ids=_relative)
def test_imports_go_one_way(path: Path) -> None:
    name = _relative(path).split("/")[0].removesuffix(".py")
    for module, _ in _imports(path):
        first = module.split(".")[0]
        if first in OURS:
            assert first in ALLOWED[name], f"{_relative(path)} imports {module}"


@pytest.mark.parametrize("path", PRODUCT, ids=_relative)
def test_outside_systems_are_reached_through_one_place_each_and_loaded_late(path: Path) -> None:
    where = _relative(path)
    for module, at_top in _imports(path):
        for library, places in ONLY_IN.items():
            if module == library or module.startswith(library + "."):
                assert where.startswith((*places, *LOCAL_TOO)), f"{where} imports {module}"
                assert not at_top or where.startswith(LOCAL_TOO), f"{where} loads {module} when it is imported"


def test_controls_import_only_readings_and_shared_words() -> None:
    for path in (ROOT / "scanners" / "controls").rglob("*.py"):
        for module, _ in _imports(path):
            assert not module.startswith(("scanners.doors", "scanners.looking", "scanners.engine", "os", "time", "requests", "httpx")), (
                f"{path}: {module}"
            )


def test_facts_import_no_door_and_no_engine() -> None:
    for path in (ROOT / "scanners" / "facts").rglob("*.py"):
        for module, _ in _imports(path):
            assert not module.startswith(("scanners.doors", "scanners.looking", "scanners.engine", "scanners.controls")), f"{path}: {module}"


def test_the_laws_look_at_something() -> None:
    assert len(PRODUCT) > 60
    assert any(module.startswith("msgraph") for path in PRODUCT for module, _ in _imports(path))


ONE_FILE_BY_DESIGN = {"reporting/verify.py"}  # travels inside every package, so it may not be split


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of statements: the docstring and the signature do not count."""
    first = node.body[1:] if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant) else node.body
    return (node.end_lineno or 0) - first[0].lineno + 1 if first else 0


@pytest.mark.parametrize("path", PRODUCT, ids=_relative)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300 or _relative(path) in ONE_FILE_BY_DESIGN, f"{_relative(path)} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert _body_lines(node) <= 40, f"{_relative(path)}: {node.name} has {_body_lines(node)} lines"
