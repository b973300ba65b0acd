"""Conditional access, judged by who is left uncovered.

`rules_of` makes the policies of a tenant comparable, `ask` puts a `Question` to them, `sort_users` and `verdict` turn the answers into a result
with witnesses. Words: demands and sessions (what a policy asks for), reach (whom), apps (for what), narrowing, places, devices (when), gaps (what
is left open).
"""
