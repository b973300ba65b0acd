"""Dated facts about the law: penalty tiers and the state of the proposed rule, each with the day it was looked up and its source."""

from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class _Dated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    source: str
    note: str


class Tier(BaseModel):
    """One tier of civil penalties, in US dollars: for one violation at least and at most, and for identical ones in a calendar year."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    culpability: str
    least: int
    most: int
    year: int


class CivilPenalties(_Dated):
    """The tiers of 45 CFR 160.404 as adjusted for inflation."""

    effective: date
    unit: str
    tiers: tuple[Tier, ...]


class ProposedRule(_Dated):
    """Where the proposed Security Rule stands."""

    status: str


class Law(BaseModel):
    """All of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    civil_penalties: CivilPenalties
    criminal_penalties: _Dated
    proposed_rule: ProposedRule


@lru_cache(maxsize=1)
def law() -> Law:
    """The facts of this installation, from law.yaml."""
    return Law.model_validate(yaml.safe_load(Path(__file__).with_name("law.yaml").read_text(encoding="utf-8")))
