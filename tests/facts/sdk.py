"""What the installed msgraph-sdk knows of an answer: the properties of a model and of the models inside it, read off its own deserializers."""

import importlib
import inspect
import re
from functools import lru_cache
from typing import Any

IMPORT = re.compile(r"from (\.[\w.]+|msgraph[\w.]+) import (\w+)")


class _Asked:
    """A parse node that only notes which model a property is read as."""

    def __init__(self) -> None:
        self.model: Any = None

    def __getattr__(self, name: str) -> Any:
        def note(*arguments: Any) -> None:
            if name in ("get_object_value", "get_collection_of_object_values"):
                self.model = arguments[0]

        return note


def model_of(builder: Any) -> Any:
    """The model that a request builder's GET answers with."""
    source = inspect.getsource(type(builder).get)
    returned = re.findall(r"send_async\(request_info, (\w+),", source)
    assert returned, f"{type(builder).__name__} is not read as an object"
    return _imported(source, type(builder).__module__)[returned[0]]


def _imported(source: str, module: str) -> dict[str, Any]:
    package = module.rpartition(".")[0]
    found = {}
    for path, name in IMPORT.findall(source):
        found[name] = getattr(importlib.import_module(path, package), name)
    return found


@lru_cache(maxsize=4096)
def properties(model: Any) -> dict[str, Any]:
    """Property -> the model inside it or None, of a model and of all its kinds (`@odata.type`)."""
    found: dict[str, Any] = {}
    for kind in _kinds(model):
        for name, read in kind().get_field_deserializers().items():
            node = _Asked()
            read(node)
            found.setdefault(name, node.model)
    return found


def _kinds(model: Any) -> list[Any]:
    source = inspect.getsource(model.create_from_discriminator_value)
    below = [each for each in _imported(source, model.__module__).values() if each is not model]
    return [model, *(kind for each in below for kind in _kinds(each))]


def item_of(model: Any) -> Any:
    """The model of one row, where the model is a list's envelope; else the model itself."""
    known = properties(model)
    return known["value"] if model.__name__.endswith("Response") and known.get("value") is not None else model
