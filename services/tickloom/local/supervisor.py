"""All children of `tickloom up`: started in any order, stopped in stages, the servers last."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tickloom.local.children import Child
from tickloom.local.errors import LocalError
from tickloom.local.log_files import LogFile
from tickloom.local.programs import Program
from tickloom.local.terminal import Terminal


class Supervisor:
    """Starts children and watches over them; `failure` is done once one of them is given up."""

    def __init__(self, group: asyncio.TaskGroup, logs: Path, terminal: Terminal) -> None:
        self.failure: asyncio.Future[LocalError] = asyncio.get_running_loop().create_future()
        self.children: dict[str, Child] = {}
        self._group = group
        self._logs = logs
        self._terminal = terminal

    def start(self, program: Program) -> Child:
        """Start a program and keep it running."""
        log = LogFile(self._logs, program.name, self._terminal)
        child = Child(program, log, self._terminal, self._fail)
        self.children[program.name] = child
        self._group.create_task(self._run(child), name=program.name)
        return child

    async def stop(self, names: Sequence[str]) -> None:
        """Stop those of the named children that were started, at the same time."""
        await asyncio.gather(*(self.children[name].stop() for name in names if name in self.children))

    async def _run(self, child: Child) -> None:
        try:
            await child.run()
        except LocalError as error:
            self._fail(str(error))

    def _fail(self, reason: str) -> None:
        if not self.failure.done():
            self.failure.set_result(LocalError(reason))


@asynccontextmanager
async def supervising(logs: Path, terminal: Terminal, stages: Sequence[Sequence[str]]) -> AsyncIterator[Supervisor]:
    """Supervise while the block runs; then stop the children by `stages`, each after the one before it has ended."""
    async with asyncio.TaskGroup() as group:
        supervisor = Supervisor(group, logs, terminal)
        try:
            yield supervisor
        finally:
            for names in stages:
                await supervisor.stop(names)
