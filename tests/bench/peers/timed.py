"""What every peer's program does: prepare, then run once for each line of standard input, and print the seconds.

Only the standard library: this runs in the environments of all peers. Seconds are those of the processor, so that
others on the machine count for nothing.
"""

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

SYMBOLS = [f"SYM{number:03}USDT" for number in range(100)]
MINUTES = (1, 5, 15, 60, 240, 1440)


def read_frames() -> list[bytes]:
    """Return the frames of the file that the command names last."""
    return Path(sys.argv[-1]).read_bytes().splitlines()


def serve(prepare: Callable[[], Callable[[], int]]) -> None:
    """Prepare anew and run for each line read; prints how many were done and in how many seconds."""
    for _ in sys.stdin:
        run = prepare()
        gc.collect()
        began = time.process_time()
        done = run()
        print(json.dumps({"done": done, "seconds": time.process_time() - began}), flush=True)
