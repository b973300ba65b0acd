"""`make package`: the zip that Azure runs, built here and not by the platform. Same sources, same bytes.

(1) install the pinned packages for Linux x86_64 and Python 3.13, whatever this machine is, without compiling; (2) drop what nothing imports;
(3) zip what .funcignore lets through, in a fixed order and with a fixed date; (4) import the app from the unpacked zip and measure it
(local/package_check.py). `azd` does (3) itself, so `--dependencies` stops after (2).
"""

import argparse
import fnmatch
import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = Path(".python_packages/lib/site-packages")  # where the host looks: https://learn.microsoft.com/azure/azure-functions/python-build-options
PYTHON = "3.13"
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "linux_x86_64")
TARGET = {  # https://packaging.python.org/specifications/dependency-specifiers/#environment-markers
    "python_version": PYTHON,
    "python_full_version": f"{PYTHON}.0",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
}
# The first is a note of the SDK's code generator, 37 MB of it; the others are command-line programs and what only compilers and type checkers read.
UNUSED = ("msgraph/generated/kiota-dom-export.txt", "bin/*", "*.pyi", "*.pxd", "*.pyx", "*.c", "*.h", "*__pycache__/*")
OLDEST = (1980, 1, 1, 0, 0, 0)  # the zip format knows no earlier date; a fixed one makes equal sources equal bytes
LARGEST = 60 * 1000 * 1000  # bytes, zipped


class PackageError(Exception):
    """The package cannot be built as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Built:
    """A finished package."""

    path: Path
    files: int
    size: int  # bytes, zipped
    unpacked: int  # bytes
    sha256: str


def wanted(requirements: str) -> str:
    """The pinned requirements whose marker holds in Azure. pip asks the markers of the Python that runs it, which may be another."""
    from packaging.requirements import Requirement

    kept: list[str] = []
    for block in requirements.replace("\\\n", " ").splitlines():
        text = block.split(" --hash=", 1)[0].strip()
        if not text or text.startswith("#"):
            continue
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({**TARGET}):
            kept.append(block.replace(text, text.partition(";")[0].strip(), 1))
    return "\n".join(kept) + "\n"


def dependencies(root: Path = ROOT) -> Path:
    """(1) and (2): fill `.python_packages`. Raises PackageError when pip does not find a wheel with the pinned hash."""
    place = root / PACKAGES
    shutil.rmtree(root / PACKAGES.parts[0], ignore_errors=True)
    place.mkdir(parents=True)
    pins = root / PACKAGES.parts[0] / "pins.txt"
    pins.write_text(wanted((root / "requirements.txt").read_text(encoding="utf-8")), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--no-compile"]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", PYTHON, "--target", str(place), "-r", str(pins)]
    command += [part for platform in PLATFORMS for part in ("--platform", platform)]
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
    pins.unlink()
    if done.returncode:
        raise PackageError(f"pip could not install the pinned packages for Linux and Python {PYTHON}:\n{done.stderr[-2000:]}")
    prune(place)
    return place


def prune(place: Path) -> list[str]:
    """(2) Remove what nothing imports; the paths that went, relative to `place`."""
    gone = [path for path in sorted(place.rglob("*")) if path.is_file() and unused(path.relative_to(place).as_posix())]
    for path in gone:
        path.unlink()
    for folder in sorted((p for p in place.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return [path.relative_to(place).as_posix() for path in gone]


def unused(path: str) -> bool:
    """Whether a file of the installed packages is left out."""
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in UNUSED)


def let_through(root: Path) -> Iterator[Path]:
    """The files that .funcignore does not hold back, relative to `root`, in order.

    The subset of its rules that the file uses: `/*` holds back everything at the root, `!/name` takes one back in, a bare pattern
    holds back that name anywhere. Raises PackageError for any other rule, because azd would then see other files than we do.
    """
    rules = [line for line in (root / ".funcignore").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    if not rules or rules[0] != "/*":
        raise PackageError(".funcignore must begin by holding back everything: /*")
    tops = [rule.removeprefix("!/") for rule in rules[1:] if rule.startswith("!/")]
    names = [rule for rule in rules[1:] if not rule.startswith("!/")]
    if strange := [rule for rule in (*tops, *names) if "/" in rule or rule.startswith("!")]:
        raise PackageError(f".funcignore has rules that are not understood here: {', '.join(strange)}")
    for top in sorted(tops):
        start = root / top
        if not start.exists():
            raise PackageError(f".funcignore lets {top} through, which does not exist; `make dependencies` fills .python_packages")
        for path in sorted([start] if start.is_file() else (p for p in start.rglob("*") if p.is_file())):
            relative = path.relative_to(root)
            if not any(fnmatch.fnmatchcase(part, name) for part in relative.parts for name in names):
                yield relative


def zipped(root: Path, target: Path, files: Iterable[Path]) -> Built:
    """(3) The package. Raises PackageError when it is larger than a cold start should have to fetch."""
    target.parent.mkdir(parents=True, exist_ok=True)
    count = unpacked = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for relative in files:
            entry = zipfile.ZipInfo(relative.as_posix(), OLDEST)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            body = (root / relative).read_bytes()
            package.writestr(entry, body)
            count, unpacked = count + 1, unpacked + len(body)
    size = target.stat().st_size
    if size > LARGEST:
        raise PackageError(f"{target} has {size} bytes, more than {LARGEST}; see what grew: unzip -lv {target} | sort -n")
    return Built(target, count, size, unpacked, hashlib.sha256(target.read_bytes()).hexdigest())


def main(arguments: list[str]) -> int:
    """Exit code 0 when the package was built and its app could be imported, 1 when not."""
    parser = argparse.ArgumentParser(prog="make package", description=__doc__)
    parser.add_argument("--dependencies", action="store_true", help="only fill .python_packages, for azd")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "hipaa-m365-scanner.zip", help="where the zip goes")
    chosen = parser.parse_args(arguments)
    try:
        dependencies()
        if chosen.dependencies:
            return 0
        built = zipped(ROOT, chosen.output, let_through(ROOT))
    except PackageError as fault:
        print(fault, file=sys.stderr)
        return 1
    print(f"{built.path}: {built.size / 1e6:.1f} MB zipped, {built.unpacked / 1e6:.1f} MB unpacked, {built.files} files")
    print(f"sha256 {built.sha256}")
    from local.package_check import checked

    return checked(built.path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
