"""Cookies of a request, split by hand: the standard library's parser drops all of them for one that it does not like, which others may have set."""

import re

import azure.functions as func


def cookie(request: func.HttpRequest, name: str, shape: re.Pattern[str]) -> str:
    """The first value of that name that has the right shape; empty without one. RFC 6265, 5.4: pairs with semicolons between."""
    for pair in (request.headers.get("Cookie") or "").split(";"):
        found, mark, value = pair.strip().partition("=")
        if mark and found.rstrip() == name and shape.fullmatch(value.strip().strip('"')):
            return value.strip().strip('"')
    return ""
