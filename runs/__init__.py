"""One day: the steps of a run, wired to storage and doors. function_app.py calls these; they decide nothing that a rule should decide."""
