"""Grants the scanner's identity what the catalogue needs, and takes away the rest. A person runs it; the scanner grants itself nothing."""
