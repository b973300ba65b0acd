"""A development stand-in for the Azure Functions host: runs the real `function_app` on one machine without Core Tools.

It indexes the app, serves its HTTP routes with real keys, drives its orchestrators by replay through the installed durable
SDK, runs its activities and timers and delivers its output bindings to a local storage emulator. It is for laptops, tests
and demonstrations, never for production: one process, one machine, loopback only. Where Azure Functions Core Tools are
installed, `func start` runs the same app unchanged.

    from local.host import Host

    with Host(function_app.app, Path(".demo/host"), port=7071) as host:
        host.subscribe(print)
        host.fire_timer("daily_scan")
        print(host.wait("scan")["runtimeStatus"], host.url)

The parts, outermost first: host.py (the object), web.py and routes.py (HTTP), invoker.py (timers, HTTP functions), rpc.py
and client.py (durable client), engine.py, episode.py and walk.py (orchestrations), store.py and history.py (what survives
a crash), worker.py, bindings.py and outputs.py (calling functions), index.py, config.py, schedule.py, keys.py.
Importing this package loads neither the Graph SDK nor a storage SDK.
"""

from .errors import HostError
from .host import Host
from .index import Index, index
from .keys import Keys
from .progress import Progress

__all__ = ["Host", "HostError", "Index", "Keys", "Progress", "index"]
