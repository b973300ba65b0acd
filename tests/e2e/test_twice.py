"""Every activity executed twice at the same time, over a tenant that words each answer differently: one run, one truth, one signature."""

import asyncio
import copy
import dataclasses
import itertools
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reporting.rejudge import again, from_package
from runs import steps
from tests.e2e.rig import custody, rig


def twice(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each step is run twice at once; the second one's answer is the one that counts. The steps that were run."""
    seen: list[str] = []
    for name in ("plan_run", "read_lane", "follow_jobs", "clear_jobs"):
        once = getattr(steps, name)

        async def both(context: Any, order: Any, once: Any = once, name: str = name) -> Any:
            seen.append(name)
            return (await asyncio.gather(once(context, order), once(context, order)))[1]

        monkeypatch.setattr(steps, name, both)
    for name in ("scan_control", "close_run"):
        plain = getattr(steps, name)

        def pair(context: Any, order: Any, plain: Any = plain, name: str = name) -> Any:
            seen.append(name)
            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(lambda _: plain(context, order), range(2)))[1]

        monkeypatch.setattr(steps, name, pair)
    return seen


def never_the_same(held: Any) -> None:
    """Each answer of the tenant has other bytes than the one before, and says the same."""
    plain, numbers = held.tenant.ends.answer, itertools.count()

    def answer(call: Any, fault: Any) -> Any:
        found = plain(call, fault)
        if not isinstance(found.payload, dict) or "value" not in found.payload or found.status >= 400:
            return found
        return dataclasses.replace(found, payload={"@odata.random": str(next(numbers)), **copy.deepcopy(found.payload)})

    held.tenant.ends.answer = answer


def test_a_run_whose_activities_all_run_twice_is_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with rig(tmp_path) as held:
        never_the_same(held)
        seen = twice(monkeypatch)
        ended = held.scan()
        assert ended.completed, ended.failure
        assert {"plan_run", "read_lane", "scan_control", "close_run"} <= set(seen)
        results = held.storage.results.of(ended.run)
        assert [r.control for r in results if r.outcome == "error"] == []
        assert held.storage.results.judged(ended.run) == results
        assert len(held.storage.attestations.links()) == 1
        pages = custody(held.storage, ended.run, "users")["pages"]
        assert [page["number"] for page in pages] == list(range(len(pages)))
        package = tmp_path / "package.zip"
        package.write_bytes(held.call(f"/v1/runs/{ended.run}/package")[2])
        with zipfile.ZipFile(package) as archive:
            assert again(from_package(archive))[1] == ()
        late = steps.fail_run(_context(), {"run": ended.run, "reason": "late"})
        assert late["status"] == "completed"
        assert steps.scan_control(_context(), {"run": ended.run, "control": results[0].control})["control"] == results[0].control
        assert held.storage.results.of(ended.run) == results


def _context() -> Any:
    from runs.context import context

    return context()
