"""The two verbs of a run: `look` at a fact, and `judge` a control. Everything they need is handed in.

Steps of the run that happen here are numbered as in docs/DESIGN.md: (3) a fact is looked at, (4) a control is judged.
"""

from scanners.judging import Judged, Operator, judge, readings_of
from scanners.looking import Run, look, record, snapshot_of

__all__ = ["Judged", "Operator", "Run", "judge", "look", "readings_of", "record", "snapshot_of"]
