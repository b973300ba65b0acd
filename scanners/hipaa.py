"""45 CFR Part 164 as data: every citation that controls may name, from `hipaa.yaml` beside this file.

Source: https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164 ; titles and paraphrases are ours. `nist_800_53` is the official
relation of NIST SP 800-66 revision 2, `nist_extended` our own additions.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from scanners.errors import CatalogueError

Provision = Literal["standard", "required", "addressable", "general", "context"]
Rule = Literal["security", "privacy", "breach", "definitions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One provision. `kind`: a standard, a required or addressable specification, a rule on how to comply, or a definition without a duty."""

    citation: str  # legal form: 164.312(a)(2)(iii)
    control_id: str  # the same as a token, for OSCAL: hipaa-164.312-a-2-iii
    title: str
    kind: Provision
    rule: Rule
    section: str
    paraphrase: str
    nist_800_53: tuple[str, ...]
    nist_extended: tuple[str, ...]


@cache
def citations() -> tuple[Citation, ...]:
    """All provisions in the order of the regulation. Raises CatalogueError when the data file breaks its shape."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    rows = yaml.load(Path(__file__).with_suffix(".yaml").read_bytes(), Loader=loader)  # noqa: S506 - both loaders are the safe ones
    found = tuple(_row(row) for row in rows)
    if len({row.citation for row in found}) != len(found) or len({row.control_id for row in found}) != len(found):
        raise CatalogueError("hipaa.yaml names a citation twice")
    return found


@cache
def by_citation() -> dict[str, Citation]:
    """Citation in legal form -> provision."""
    return {row.citation: row for row in citations()}


def _row(row: dict[str, Any]) -> Citation:
    try:
        lists = {name: tuple(row[name]) for name in ("nist_800_53", "nist_extended")}
        made = Citation(**{**row, **lists})
    except (KeyError, TypeError) as fault:
        raise CatalogueError(f"hipaa.yaml: a row does not have the fields of a citation: {fault}") from fault
    if made.kind not in get_args(Provision) or made.rule not in get_args(Rule):
        raise CatalogueError(f"hipaa.yaml: {made.citation} has an unknown kind or rule")
    return made
