"""Looks at one Microsoft 365 tenant, read-only, and judges what it saw with pure functions."""
