"""Progress of long work on a terminal: a bar for each symbol with bars a second and the time that is left."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def show_progress(names: list[str], from_us: int, to_us: int) -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Yield what makes the report of a name: it is called with how far that is (microseconds) and the bars so far.

    Nothing is shown unless standard error is a terminal.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[bars]} bars"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        tasks = {name: progress.add_task(name, total=to_us - from_us, bars=0, start=False) for name in names}

        def report_of(name: str) -> Callable[[int, int], None]:
            progress.start_task(tasks[name])
            return lambda done_us, bars: progress.update(tasks[name], completed=done_us - from_us, bars=bars)

        yield report_of
