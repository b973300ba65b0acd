"""One file is one fact: its request, permission, plan, what may be stored, and how it is read."""
