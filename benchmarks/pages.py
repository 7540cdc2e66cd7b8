"""A page of an open run, and two hundred readers of it: what they cost those who click."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx

from benchmarks.clicks import Bench, open_bench
from benchmarks.measured import Measured, best_of, load
from benchmarks.rig.pressing import press_in_turn

EVENTS, PAGE_WITHIN = 500, 30.0
READERS, SLOWER = 200, 1.3
_LOOKS, _ROUNDS, _CLICKS = 40, 4, 40


def measure() -> list[Measured]:
    """One `handrail serve` on SQLite; the same run is read and pressed, with and without readers by turns."""
    with (
        tempfile.TemporaryDirectory(prefix="handrail-bench-") as name,
        open_bench("sockets", "SQLite", "", Path(name), sizes=(EVENTS, EVENTS)) as bench,
    ):
        bench.pressing.wait(press_in_turn(bench.ours.hand, bench.ours.walkers, 4))
        bench.settle()
        address, ref = bench.http, bench.ours.walkers[0].run.start.ref
        with httpx.Client(follow_redirects=True) as client:
            client.get(bench.pages)
            cookie = "; ".join(f"{name}={text}" for name, text in client.cookies.items())
            taken = [_look(client, f"{address}/runs/{ref}") for _ in range(_LOOKS)]
        alone, watched = _press_by_turns(bench, f"{address}/runs/{ref}/live?since={EVENTS}", cookie)
        bench.check_all_is_recorded()
    base, mine = best_of(alone) * 1e3, best_of(watched) * 1e3
    note = f"{mine:.2f} ms against {base:.2f} ms; {load()}"
    return [
        Measured(f"the page of an open run of {EVENTS} events, asked for from outside: median", median(taken) * 1e3,
                 "ms", PAGE_WITHIN, note=load()),
        Measured(f"a click on a run that {READERS} readers see live, against nobody looking: median", mine / base, "×",
                 SLOWER, note=note),
    ]  # fmt: skip


def _look(client: httpx.Client, address: str) -> float:
    begun = time.perf_counter()
    answer = client.get(address)
    if answer.status_code != 200 or "record-" not in answer.text:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return time.perf_counter() - begun


def _press_by_turns(bench: Bench, address: str, cookie: str) -> tuple[list[list[float]], list[list[float]]]:
    alone: list[list[float]] = []
    watched: list[list[float]] = []
    for _ in range(_ROUNDS):
        alone.append(_press(bench))
        watched.append(bench.pressing.wait(_watched(bench, address, cookie)))
    return alone, watched


def _press(bench: Bench) -> list[float]:
    return bench.pressing.wait(_in_turn(bench))


async def _in_turn(bench: Bench) -> list[float]:
    """A click on the run, and a pause as a person makes one, only shorter."""
    taken: list[float] = []
    for _ in range(_CLICKS):
        taken += await press_in_turn(bench.ours.hand, bench.ours.walkers[:1], 1)
        await asyncio.sleep(0.05)
    return taken


async def _watched(bench: Bench, address: str, cookie: str) -> list[float]:
    async with _readers(address, cookie) as sent:
        taken = await _in_turn(bench)
        await asyncio.sleep(3)
    if min(sent) == 0:
        raise RuntimeError(f"{sent.count(0)} of {READERS} readers were sent nothing")
    return taken


@asynccontextmanager
async def _readers(address: str, cookie: str) -> AsyncIterator[list[int]]:
    """So many who listen; the bytes that each was sent."""
    sent = [0] * READERS
    tasks = [asyncio.create_task(_listen(address, cookie, sent, number)) for number in range(READERS)]
    await asyncio.sleep(3)
    try:
        yield sent
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(address: str, cookie: str, sent: list[int], number: int) -> None:
    """As cheap as can be: the readers' own work must not be what is measured."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\n\r\n"
    writer.write(head.encode())
    await writer.drain()
    answer = (await reader.readuntil(b"\r\n\r\n")).splitlines()[0]
    if b" 200 " not in answer:
        raise RuntimeError(answer.decode())
    try:
        while piece := await reader.read(65_536):
            sent[number] += len(piece) if b"event: change" in piece else 0
    finally:
        writer.close()
