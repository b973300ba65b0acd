"""`make checkov`: the Bicep against checkov's Azure checks. Findings that stand are explained in infra/checkov.yaml; all else is a fault.

checkov ends with 0 when it could not parse a file, so this asks for zero parsing errors. Its parser does not know the `extension` statement
of the Graph files, so copies without that line are checked.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
EXTENSION = re.compile(r"(?m)^extension \w+$")


def copied(target: Path) -> int:
    """The Bicep files, in a form that checkov's parser knows; how many there are."""
    files = sorted((HERE / "bicep").rglob("*.bicep"))
    for file in files:
        place = target / file.relative_to(HERE / "bicep")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(EXTENSION.sub("", file.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.copy(HERE / "permissions.json", target / "permissions.json")
    return len(files)


def found(checkov: str, folder: Path) -> dict[str, Any]:
    """checkov's report on a folder."""
    command = [checkov, "--directory", str(folder), "--framework", "bicep", "--output", "json", "--soft-fail", "--skip-download", "--compact"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - the checker that the Makefile installed
    return dict(json.loads(done.stdout))


def faults(report: dict[str, Any], explained: dict[str, dict[str, str]]) -> list[str]:
    """What is wrong: parsing errors, findings without an explanation, explanations without a finding."""
    seen = {(each["check_id"], each["resource"].rsplit(".", 1)[-1]): each["check_name"] for each in report["results"]["failed_checks"]}
    known = {(check, resource) for check, by_resource in explained.items() for resource in by_resource}
    wrong = [f"{report['summary']['parsing_errors']} files could not be parsed"] if report["summary"]["parsing_errors"] else []
    wrong += [f"{check} on {resource}: {seen[check, resource]}" for check, resource in sorted(seen.keys() - known)]
    wrong += [f"{check} on {resource} is explained and not found any more" for check, resource in sorted(known - seen.keys())]
    return wrong


def main(checkov: str) -> int:
    """Exit code 1 when something is wrong."""
    explained = yaml.safe_load((HERE / "checkov.yaml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        files = copied(Path(folder))
        report = found(checkov, Path(folder))
    wrong = faults(report, explained)
    for line in wrong:
        print(line, file=sys.stderr)
    summary = report["summary"]
    counts = f"{summary['passed']} checks passed, {summary['failed']} did not, {len(wrong)} faults"
    print(f"{files} files, {summary['resource_count']} resources; {counts}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
