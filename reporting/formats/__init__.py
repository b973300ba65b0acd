"""One file, one format: a report in, bytes out."""
