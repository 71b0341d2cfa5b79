"""nautilus_trader: its Binance schema, TradeTick, and one TimeBarAggregator for each symbol and timeframe.

`peer_nautilus.py frames|trades FILE`
"""

import sys
from collections.abc import Callable

import msgspec
from nautilus_trader.adapters.binance.spot.schemas.market import BinanceSpotTradeMsg
from nautilus_trader.common.component import TestClock
from nautilus_trader.data.aggregation import TimeBarAggregator
from nautilus_trader.model.data import BarType, TradeTick
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from timed import MINUTES, SYMBOLS, read_frames, serve

STEPS = {1: "1-MINUTE", 5: "5-MINUTE", 15: "15-MINUTE", 60: "1-HOUR", 240: "4-HOUR", 1440: "1-DAY"}
VENUE = Venue("BINANCE")
IDS = {name: InstrumentId(Symbol(name), VENUE) for name in SYMBOLS}
decode = msgspec.json.Decoder(BinanceSpotTradeMsg).decode


def aggregators(clock: TestClock) -> dict[InstrumentId, list[Callable[[TradeTick], None]]]:
    """Return what takes the ticks of each instrument."""
    instrument = TestInstrumentProvider.btcusdt_binance()
    made: dict[InstrumentId, list[Callable[[TradeTick], None]]] = {}
    for name, identity in IDS.items():
        own = type(instrument).from_dict(
            {**type(instrument).to_dict(instrument), "id": str(identity), "raw_symbol": name}
        )
        made[identity] = [
            TimeBarAggregator(
                own, BarType.from_str(f"{identity}-{STEPS[minutes]}-LAST-INTERNAL"), lambda _: None, clock
            ).handle_trade_tick
            for minutes in MINUTES
        ]
    return made


def prepare() -> Callable[[], int]:
    """Return one run over all frames, or over ticks made before."""
    frames, clock = read_frames(), TestClock()
    clock.set_time(decode(frames[0]).data.T * 1_000_000)
    takers = aggregators(clock)

    def parse(frame: bytes) -> TradeTick:
        data = decode(frame).data
        return data.parse_to_trade_tick(IDS[data.s])

    def take(tick: TradeTick) -> None:
        for event in clock.advance_time(tick.ts_event) if clock.timestamp_ns() < tick.ts_event else ():
            event.handle()
        for handle in takers[tick.instrument_id]:
            handle(tick)

    if sys.argv[1] == "frames":

        def run() -> int:
            for frame in frames:
                take(parse(frame))
            return len(frames)

        return run
    ticks = [parse(frame) for frame in frames]

    def run_ticks() -> int:
        for tick in ticks:
            take(tick)
        return len(ticks)

    return run_ticks


serve(prepare)
