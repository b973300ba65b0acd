"""How far files travel."""
