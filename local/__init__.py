"""Running all of it on one machine: a host for function_app without Core Tools, a simulated tenant, and the command line."""
