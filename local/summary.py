"""The summary of a run in a terminal, and the exit code that findings give."""

from pathlib import Path
from typing import IO, Any

from local.progress import line_of

ORDER = ("critical", "high", "medium", "low")
FINDINGS = 3  # exit code when --fail-on is reached


def printed(summary: dict[str, Any], urls: dict[str, str], package: Path, public_key: Path, out: IO[str]) -> None:
    """Counts, findings by severity, and where everything is."""
    counts = summary["counts"]
    lines = [
        "",
        line_of(f"Run {summary['run']} of {summary['tenant']['name']}: completed and signed."),
        "  " + ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if number or name == "total"),
    ]
    for severity in ORDER:
        failing = summary["by_severity"].get(severity, {}).get("fail", 0)
        if failing:
            lines.append(f"  {failing} {severity} findings")
    if not summary["complete"]:
        lines.append("  Not complete: something could not be looked at; the report says what and why.")
    lines += ["", f"Report       {urls['report']}", f"Package      {urls['package']}", f"Attestation  {urls['attestation']}"]
    lines += [f"Saved        {package}", f"Verify       python -m reporting.verify {package} --key {public_key} --allow-dev-key", ""]
    print("\n".join(lines), file=out, flush=True)


def findings_exit(summary: dict[str, Any], threshold: str | None) -> int:
    """0, or 3 when a control of this severity or a worse one fails."""
    if threshold is None:
        return 0
    counted = ORDER[: ORDER.index(threshold) + 1]
    return FINDINGS if any(summary["by_severity"].get(severity, {}).get("fail", 0) for severity in counted) else 0
