"""`python -m local.host`: serve the app of the current folder, as `func start` would."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from . import Host, HostError, config
from .errors import IndexingError, SettingError
from .web import table


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Exit code 2 when the start is refused."""
    options = _options(arguments)
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("azure", "asyncio", "urllib3"):  # their INFO and DEBUG lines show headers and addresses
        logging.getLogger(noisy).setLevel(logging.WARNING)
    root = options.root.resolve()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        _read_settings(root)
        with Host(load_app(root), options.data, options.port, root=root, schedule=options.schedule) as host:
            _show(host, root, options.data)
            for name in options.fire:
                host.fire_timer(name)
            stop.wait()
    except HostError as fault:
        print(f"the app cannot be served: {fault}", file=sys.stderr)
        return 2
    return 0


def load_app(root: Path) -> Any:
    """Import `function_app` from a folder and return its one app object, found as the worker finds it.

    Raises IndexingError for none or more than one. Whatever the import raises is passed on: in Azure it is fatal too.
    """
    from azure.functions import FunctionRegister

    sys.path.insert(0, str(root))
    if not (root / "function_app.py").exists():
        raise IndexingError(f"there is no function_app.py in {root}")
    module = importlib.import_module("function_app")
    apps = [value for name in dir(module) if isinstance(value := getattr(module, name), FunctionRegister)]
    if len(apps) != 1:
        raise IndexingError(f"function_app.py has {len(apps)} app objects at module level, the worker needs exactly one")
    return apps[0]


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.host", description="A development stand-in for the Azure Functions host.")
    parser.add_argument("--root", type=Path, default=Path(), help="folder of function_app.py and host.json (default: this one)")
    parser.add_argument("--data", type=Path, default=Path(".demo/host"), help="keys and history (default: .demo/host)")
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one (default: 7071)")
    parser.add_argument("--schedule", action="store_true", help="fire timers at their times; otherwise only when asked")
    parser.add_argument("--fire", action="append", default=[], metavar="TIMER", help="fire this timer function once at the start")
    parser.add_argument("--verbose", action="store_true", help="log details too; they may quote what functions work on")
    return parser.parse_args(arguments)


def _read_settings(root: Path) -> None:
    """Take `Values` of local.settings.json into the environment, where they do not replace what is set already."""
    path = root / "local.settings.json"
    if not path.exists():
        return
    try:
        values = json.loads(path.read_text("utf-8"))["Values"]
        pairs = {str(name): str(value) for name, value in values.items()}
    except (ValueError, KeyError, AttributeError, TypeError) as fault:
        raise SettingError(f'{path} is not of the form {{"IsEncrypted": false, "Values": {{"NAME": "value"}}}}') from fault
    for name, value in pairs.items():
        os.environ.setdefault(name, value)


def _show(host: Host, root: Path, data: Path) -> None:
    for item in table(host.index.by_trigger("httpTrigger"), config.load(root).prefix):
        level = str(item.target.trigger.settings.get("authLevel", "FUNCTION")).lower()
        print(f"  {item.target.name}: [{','.join(sorted(item.methods)) or 'any'}] {host.url}/{item.template} ({level})")
    for function in host.index.by_trigger("timerTrigger"):
        print(f"  {function.name}: timer, fire it with POST {host.url}/admin/functions/{function.name} and the master key")
    print(f"serving on {host.url}; keys are in {data / 'keys.json'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
