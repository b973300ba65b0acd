"""What is inside a package works: the app is imported from the unpacked zip with nothing else on the path, and writes the URL of every fact.

Importing needs Python 3.13 on Linux x86_64, as in Azure; elsewhere the check says that it was left out.
"""

import json
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

SECONDS = 10.0  # the platform gives up after two minutes; a cold start should not feel like it
# Run in a fresh interpreter without this project's environment (-S: no site-packages of its own), in the folder of the unpacked zip.
SCRIPT = """
import sys
sys.path[:0] = [".", ".python_packages/lib/site-packages"]
import json, pathlib, resource, time
begun = time.perf_counter()
import function_app
names = [function.get_function_name() for function in function_app.app.get_functions()]
seconds = time.perf_counter() - begun
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_http.httpx_request_adapter import HttpxRequestAdapter
from msgraph import GraphServiceClient
from scanners import catalogue
client = GraphServiceClient(request_adapter=HttpxRequestAdapter(AnonymousAuthenticationProvider()))
built = []
for fact in catalogue.asked_facts():
    for ask in () if callable(fact.asks) else fact.asks:
        if ask.build is not None:
            built.append(str(ask.build(client).to_get_request_information().url_template))

import reporting.signing, reporting.closing, runs.steps, azure.identity.aio, azure.keyvault.keys.crypto, azure.storage.blob, azure.data.tables
stray = sorted(str(m.__file__) for m in list(sys.modules.values())
               if "site-packages" in str(getattr(m, "__file__", None)) and ".python_packages" not in str(m.__file__))
files = ["reporting/templates/VERIFY.md", "reporting/verify.py", "host.json",
         *(f"scanners/{name}.yaml" for name in ("hipaa", "law", "seeds", "planned"))]
print(json.dumps({"seconds": seconds, "megabytes": memory, "functions": len(names), "urls": len(built), "stray": stray,
                  "missing": [name for name in files if not pathlib.Path(name).is_file()], "catalogue": catalogue.load().sha256}))
"""


def measured(package: Path) -> dict[str, Any]:
    """What the app in the zip says about itself. Raises RuntimeError with the interpreter's message when it cannot be imported."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        command = [sys.executable, "-I", "-S", "-B", "-c", SCRIPT]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return dict(json.loads(done.stdout.splitlines()[-1]))


def checked(package: Path) -> int:
    """Print the measurement; exit code 1 when the app in the zip is not whole."""
    from scanners import catalogue

    if platform.python_version_tuple()[:2] != ("3", "13") or platform.machine() != "x86_64" or platform.system() != "Linux":
        print("The import was not tried: that needs Python 3.13 on Linux x86_64, as in Azure.")
        return 0
    try:
        seen = measured(package)
    except RuntimeError as fault:
        print(f"The app in the package cannot be imported:\n{fault}", file=sys.stderr)
        return 1
    print(
        f"imported in {seen['seconds']:.2f} s without compiled files, {seen['megabytes']:.0f} MB, {seen['functions']} functions, {seen['urls']} URLs"
    )
    wrong = [f"missing: {name}" for name in seen["missing"]] + [f"from outside the package: {name}" for name in seen["stray"]]
    wrong += ["its catalogue is not the one of this folder"] if seen["catalogue"] != catalogue.load().sha256 else []
    wrong += [f"the import took {seen['seconds']:.1f} s, more than {SECONDS:g}"] if seen["seconds"] > SECONDS else []
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0
