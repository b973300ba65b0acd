"""HTTP: thin blueprints (`*_routes.py`) over what each route does. Every route states its own level and methods."""
