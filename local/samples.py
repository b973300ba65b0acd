"""`python -m local tenants`: the sample tenants and what is wrong with each."""

from typing import IO

from local.tenant import load, names


def printed(out: IO[str]) -> int:
    """Name, what it is, and its known gaps with the controls that show them."""
    for name in names():
        about = load(name)["meta"]
        print(f"{name}: {about['title']}. {about['about']}", file=out)
        for gap in about["gaps"]:
            print(f"  - {gap['text']}\n    {', '.join(gap['controls'])}", file=out)
        if not about["gaps"]:
            print("  - nothing that a setting could mend", file=out)
    return 0
