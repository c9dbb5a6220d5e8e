"""A wire between API and PostgreSQL that delays, hangs, and cuts: anywhere, after so many bytes, or within a COMMIT."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from db.cluster import PORT
from db.queries.batch_writes import WRITTEN

COMMIT_ASKED = (b"COMMIT", b'{"\\\\x')
"""The command, or the hashes of the keys of strikes that are written by one statement, which commits by itself."""
COMMIT_ANSWERED = (b"COMMIT\x00", WRITTEN.encode())
"""The tag of CommandComplete, or what such a statement answers: whoever says it has committed."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Once `after` more bytes have gone in one direction or, when `at` is given, so many from where one of it begins.

    Less than none: before it.
    """

    from_client: bool
    after: int
    at: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        direction = "question" if self.from_client else "answer"
        return f"cut in a COMMIT's {direction}" if self.at else f"cut in some {direction}"


@dataclass(eq=False)
class TroubledWire:
    """Listens on a port of this machine, and leads to the socket of the PostgreSQL in `socket_dir`.

    `cuts`: how many times what was cut. `linger_seconds`: how much later than its last bytes a line's end arrives.
    """

    socket_dir: Path
    cuts: Counter[str] = field(default_factory=Counter)
    linger_seconds: float = 0.0
    port: int = 0

    def __post_init__(self) -> None:
        self._listener: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._delay = 0.0
        self._cut: Cut | None = None
        self._left = 0

    async def lay(self) -> None:
        self._listener = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def remove(self) -> None:
        if self._listener is not None:
            self.mend()
            self._listener.close()
            self._abort()
            await self._listener.wait_closed()
            if self._carrying:
                await asyncio.wait(self._carrying, timeout=5)

    def flow(self) -> None:
        """Nothing hangs or waits any more; what is to be cut still is."""
        self._delay = 0.0
        self._flowing.set()

    def mend(self) -> None:
        """Everything flows again, and nothing more is cut."""
        self.flow()
        self._cut = None

    def cut_at_once(self) -> None:
        self.cuts["cut at once"] += 1
        self._abort()

    def cut_later(self, cut: Cut) -> None:
        """The next line that comes there is cut; one at a time."""
        self._cut, self._left = cut, cut.after

    def delay(self, seconds: float) -> None:
        """Each packet waits, until `flow`."""
        self._delay = seconds

    def hang(self) -> None:
        """Nothing goes through, and nobody is told, until `flow`."""
        self._flowing.clear()

    def _abort(self) -> None:
        for end in list(self._ends):
            end.transport.abort()

    async def _carry(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
        self._ends.add(to_client)
        to_server: asyncio.StreamWriter | None = None
        try:
            server, to_server = await asyncio.open_unix_connection(self.socket_dir / f".s.PGSQL.{PORT}")
            self._ends.add(to_server)
            pair = (to_client, to_server)
            await asyncio.gather(
                self._pour(client, to_server, pair, from_client=True),
                self._pour(server, to_client, pair, from_client=False),
            )
        except OSError:
            pass  # PostgreSQL is not there, or an end was cut
        finally:
            for end in (to_client, to_server):
                if end is not None:
                    self._ends.discard(end)
                    end.transport.abort()

    async def _pour(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        *,
        from_client: bool,
    ) -> None:
        while data := await source.read(65_536):
            if self._delay:
                await asyncio.sleep(self._delay)
            await self._flowing.wait()
            kept = self._kept(data, from_client=from_client)
            if kept is not None:
                with contextlib.suppress(OSError):
                    sink.write(data[:kept])
                    await sink.drain()
                await asyncio.sleep(0.002)  # what was kept arrives
                for end in pair:
                    end.transport.abort()
                return
            sink.write(data)
            await sink.drain()
        await asyncio.sleep(self.linger_seconds)
        sink.close()

    def _kept(self, data: bytes, *, from_client: bool) -> int | None:
        """How much of `data` still goes through, when the wire is cut in it."""
        cut = self._cut
        if cut is None or cut.from_client is not from_client:
            return None
        if cut.at:
            places = [place for place in map(data.find, cut.at) if place >= 0]
            if not places:
                return None
            kept = max(0, min(places) + cut.after)
        elif self._left > len(data):
            self._left -= len(data)
            return None
        else:
            kept = self._left
        self._cut = None
        self.cuts[cut.name] += 1
        return kept
