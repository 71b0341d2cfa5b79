"""One supervised child: started, started again when it dies, and stopped so that nothing of it is left."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from tickloom.local.errors import LocalError
from tickloom.local.log_files import LogFile
from tickloom.local.programs import Program
from tickloom.local.terminal import Terminal

_FIRST_BACKOFF: Final = 0.1
_LONGEST_BACKOFF: Final = 5.0
_STEADY_SECONDS: Final = 10.0
"""A child that ran this long is not failing; its next restart is at once again."""
_HOPELESS: Final = 6
"""Deaths in a row, without a steady run between them, after which a child that was never ready is given up."""
_DRAIN_SECONDS: Final = 0.5


class Child:
    """Runs one program until stopped. `proven` is set by whoever saw it working: then it is never given up."""

    def __init__(self, program: Program, log: LogFile, terminal: Terminal, give_up: Callable[[str], None]) -> None:
        self.program = program
        self.proven = False
        self.pid: int | None = None
        self._log = log
        self._terminal = terminal
        self._give_up = give_up
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Keep the program running until stop() is called."""
        try:
            async with self._captured_output() as output:
                while not self._stopping.is_set():
                    started = time.monotonic()
                    code = await self._run_once(output)
                    if not self._stopping.is_set():
                        await self._pause(code, time.monotonic() - started)
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Ask the program to end, kill it when it does not, and return once it is gone."""
        self._stopping.set()
        self._signal(self.program.stop_signal)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.program.stop_seconds):
                await self._ended.wait()
                return
        self._terminal.complain(self.program.name, f"did not stop in {self.program.stop_seconds:.0f} s and is killed")
        self._signal(signal.SIGKILL)
        await self._ended.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def _run_once(self, output: int) -> int:
        try:
            process = await asyncio.create_subprocess_exec(
                *self.program.command(),
                env=self.program.full_environment(),
                cwd="/",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A session of its own: Ctrl-C reaches the supervisor alone, which stops its children in order.
                start_new_session=True,
            )
        except OSError as error:
            raise LocalError(f"{self.program.name} cannot be started: {error.strerror}") from error
        self.pid = process.pid
        if self._stopping.is_set():
            # stop() came while the process was being made and could not signal it.
            self._signal(self.program.stop_signal)
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                self._signal(signal.SIGKILL)
            _kill_group(process.pid)
            self.pid = None

    async def _pause(self, code: int, lasted: float) -> None:
        self._failures = 1 if lasted >= _STEADY_SECONDS else self._failures + 1
        delay = min(_FIRST_BACKOFF * 2 ** (self._failures - 1), _LONGEST_BACKOFF)
        reason = f" ({self._log.last_line})" if self._log.last_line else ""
        ended = f"ended {_how(code)}{reason}"
        if not self.proven and self._failures >= _HOPELESS:
            self._give_up(f"{self.program.name} {ended} again and again; its log is {self._log.path}")
            await self._stopping.wait()
            return
        self._terminal.say(f"{self.program.name} {ended}, starting it again in {delay:.1f} s")
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._stopping.wait()

    @asynccontextmanager
    async def _captured_output(self) -> AsyncIterator[int]:
        """Open a pipe that outlives the program's restarts, and read it into the log."""
        reading, writing = os.pipe()
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb", buffering=0)
        )
        copying = asyncio.create_task(self._copy(stream))
        try:
            yield writing
        finally:
            os.close(writing)
            # A grandchild may hold the pipe for a moment longer.
            await asyncio.wait([copying], timeout=_DRAIN_SECONDS)
            copying.cancel()
            transport.close()

    async def _copy(self, stream: asyncio.StreamReader) -> None:
        while data := await stream.read(65536):
            self._log.feed(data)


def _kill_group(pid: int) -> None:
    """End what a dead leader left in its process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _how(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"by {signal.Signals(-code).name}"
    return f"with exit code {code}"
