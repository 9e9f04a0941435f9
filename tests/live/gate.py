"""A gate that clients' connections go through, to be cut or to let nothing through for a while."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, Self

HOST = "127.0.0.1"
CHUNK = 64 * 1024


class Gate:
    """Listens on one port of this machine and leads to another, in a thread of its own."""

    def __init__(self, port: int, to: int) -> None:
        self._port = port
        self._to = to
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gate", daemon=True)
        self._through: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._pass, HOST, self._port))
        self._loop.call_soon_threadsafe(self._open.set)
        return self

    def __exit__(self, *_error: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def cut(self) -> None:
        """Cut all connections in the middle of whatever is said."""
        self._do(self._cut())

    def shut(self) -> None:
        """Let nothing through, with all connections open: as a network that is down."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def open(self) -> None:
        """Let everything through again, what waited first."""
        self._loop.call_soon_threadsafe(self._open.set)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _cut(self) -> None:
        for writer in tuple(self._through):
            writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        await self._cut()
        for task in tuple(self._passing):
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        ends = [writer]
        self._through.add(writer)
        try:
            there, beyond = await asyncio.open_connection(HOST, self._to)
            ends.append(beyond)
            self._through.add(beyond)
            await asyncio.gather(self._carry(reader, beyond), self._carry(there, writer))
        except OSError:
            pass  # the side that still stands is told below
        finally:
            self._passing.discard(task)
            for end in ends:
                self._through.discard(end)
                end.transport.abort()

    async def _carry(self, come: asyncio.StreamReader, go: asyncio.StreamWriter) -> None:
        """Carry what comes until one side ends; then both do."""
        while said := await come.read(CHUNK):
            await self._open.wait()
            go.write(said)
            await go.drain()
        with contextlib.suppress(OSError):
            go.write_eof()
        raise ConnectionResetError
