"""(3) The answers to what a fact asks, in the order of its requests, also where several are under way at the same time.

A refusal for want of a licence is believed only where the tenant's subscriptions do not contradict it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from itertools import islice

from scanners.errors import NotLicensed, Unreachable
from scanners.model import Ask, Fact, Readings
from scanners.permissions import Plan
from scanners.plans import has_plan
from scanners.ports import Answer, DoorPort


async def in_order(
    fact: Fact, asks: tuple[Ask, ...], door: DoorPort, readings: Readings, resume: str | None
) -> AsyncGenerator[tuple[int, Answer], None]:
    """(number of the request, answer), in the order of the requests. `resume` continues the first one. Close it when you stop early.

    Up to `fact.ahead` requests behind the one whose turn it is are asked meanwhile, so that one that gets no answer does not hold up the
    others; how many of them are open at the same time is the door's to limit. Answers wait in memory: only for facts with small answers.
    """
    if fact.ahead == 0:
        for number, ask in enumerate(asks):
            async for answer in _answers(fact, ask, door, readings, resume if number == 0 else None):
                yield number, answer
        return

    async def whole(number: int) -> list[Answer]:
        return [answer async for answer in _answers(fact, asks[number], door, readings, resume if number == 0 else None)]

    numbers = iter(range(len(asks)))
    asked = deque((number, asyncio.create_task(whole(number))) for number in islice(numbers, 1 + fact.ahead))
    try:
        while asked:
            number, task = asked[0]
            for answer in await task:
                yield number, answer
            asked.popleft()
            asked.extend((following, asyncio.create_task(whole(following))) for following in islice(numbers, 1))
    finally:
        for _, task in asked:
            task.cancel()
        await asyncio.gather(*(task for _, task in asked), return_exceptions=True)


class _FalseRefusal(Unreachable):
    """A refusal for want of a licence that the tenant's subscriptions contradict."""


async def _answers(fact: Fact, ask: Ask, door: DoorPort, readings: Readings, resume: str | None) -> AsyncIterator[Answer]:
    """The door's answers; where the licence is refused, those of the request that does without it, if there is one."""
    try:
        async for answer in _believed(fact, ask, door, readings, resume):
            yield answer
    except (NotLicensed, _FalseRefusal):
        if ask.instead is None or resume is not None:
            raise
        async for answer in door.pages(fact, ask.instead, None):
            yield answer


async def _believed(fact: Fact, ask: Ask, door: DoorPort, readings: Readings, resume: str | None) -> AsyncIterator[Answer]:
    """Microsoft refuses for want of a licence now and then although there is one, so the subscriptions have the last word."""
    shown = _plan_shown(ask.plans or fact.plans, readings)
    begun = False
    for _ in range(2 if shown else 1):
        try:
            async for answer in door.pages(fact, ask, resume):
                begun = True
                yield answer
        except NotLicensed:
            if begun or not shown:
                raise
        else:
            return
    raise _FalseRefusal("the service refused for want of a licence although the tenant's subscriptions show the plan")


def _plan_shown(plans: tuple[Plan, ...], readings: Readings) -> bool:
    skus = readings.get("subscribed_skus")
    return bool(plans) and isinstance(skus, tuple) and has_plan(skus, *plans) is True
