"""Figures: `make bench`, or `python -m benchmarks NAME ...`. Not part of the timed tests."""
