"""A campaign: as many seeded schedules of faults as one likes, each on an empty database; exit 1 if any went wrong.

From `tests`: `python -m bench.campaign --first 0 --seeds 500`; a seed is repeated by `--first SEED --seeds 1`.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from support.campaign import Outcome, make_schedule, problems, run_schedule
from support.servers import Databases, flush, run, serve_valkey
from tickloom.local.runtime import runtime_directory
from tickloom.settings.environment import Settings
from tickloom.telemetry.logging import configure_logging

SILENCE_SECONDS = 300.0


def run_seed(seed: int, databases: Databases, redis_url: str) -> tuple[list[str], Outcome | None]:
    """Return what went wrong under one seed, and what was stored if it came to rest."""
    run(flush(redis_url))
    with databases.fresh() as url:
        settings = Settings(
            database_url=url,
            redis_url=redis_url,
            checkpoint_seconds=0.05,
            heartbeat_seconds=10,
            silence_seconds=SILENCE_SECONDS,
        )
        try:
            outcome = asyncio.run(run_schedule(make_schedule(seed), settings))
        except (Exception, ExceptionGroup) as error:  # noqa: BLE001 - a run that breaks is a finding, the next one goes on
            return [repr(error)[:1000]], None
        return problems(outcome), outcome


def main() -> int:
    """Run the campaign and print a line for each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=500)
    wanted = parser.parse_args()
    configure_logging("error", service="campaign", instance="")
    wrong, kinds, gaps = 0, Counter[str](), Counter[str]()
    with runtime_directory() as runtime, tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary)
        (data / "postgres").mkdir()
        (data / "valkey").mkdir()
        with (
            Databases.serve(data / "postgres", runtime) as databases,
            serve_valkey(data / "valkey", runtime) as redis_url,
        ):
            for seed in range(wanted.first, wanted.first + wanted.seeds):
                began = time.monotonic()
                found, outcome = run_seed(seed, databases, redis_url)
                wrong += bool(found)
                kinds.update(fault.kind for fault in make_schedule(seed).faults)
                gaps.update(row["state"] for row in outcome.gaps) if outcome else None
                print(f"{seed} {'wrong' if found else 'right'} {time.monotonic() - began:.1f}s", *found, flush=True)
    print(f"{wanted.seeds - wrong} of {wanted.seeds} right; faults {dict(kinds)}; ledger {dict(gaps)}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
