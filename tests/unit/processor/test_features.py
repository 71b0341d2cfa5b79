"""Features against a plain oracle over the full history, and what no feature may do: see the future."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.feature_oracle import V1 as ORACLE
from support.feature_oracle import described, feature_errors
from support.indicator_oracle import Floats, Rows, advance_series, bars_of
from tickloom.processor.derivation import ANCHOR_BARS
from tickloom.processor.features.definition import Feature, FeatureSet
from tickloom.processor.features.kernel import UnknownInput, lines_of
from tickloom.processor.features.v1 import V1
from tickloom.processor.indicators.definition import PAST_DTYPE
from tickloom.processor.indicators.registry import NAMES, OUTPUTS, fresh_series
from tickloom.processor.series import SeriesBook

LIMIT = 1e-9


def walk(count: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    return 60_000 * np.exp(np.cumsum(rng.normal(0, 0.001, count)))


def derived(bars: Rows, batch: int = 10**9) -> tuple[Floats, Floats]:
    """Return indicators and features of bars of one series, taken in batches."""
    series, pasts = fresh_series(1), np.zeros(1, PAST_DTYPE)
    values, features = np.zeros((len(bars), len(NAMES))), np.zeros((len(bars), len(V1.features)))
    for begin in range(0, len(bars), batch):
        part = slice(begin, begin + batch)
        features[part] = advance_series(bars[part], series, pasts, values[part])
    return values, features


def by_name(features: Floats) -> dict[str, Floats]:
    return dict(zip(V1.names, features.T, strict=True))


def check(bars: Rows) -> None:
    values, features = derived(bars)
    expected = described(bars, dict(zip(NAMES, values.T, strict=True)))
    found = feature_errors(bars, by_name(features), expected)
    assert max(found.values()) < LIMIT, found


def test_the_oracle_and_the_definitions_name_the_same_features() -> None:
    assert set(ORACLE) == set(V1.names)


def test_600_bars_have_the_features_of_the_oracle() -> None:
    check(bars_of(walk(600, 1), np.random.default_rng(2)))


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from([10.0, 10.5, 11.0, 20.0, 1e-6]), min_size=1, max_size=90),
    st.sampled_from([1, 60, 1440]),
    st.lists(st.sampled_from([0.0, 1.0, 7.5]), min_size=90, max_size=90),
)
def test_any_prices_and_volumes_give_the_features_of_the_oracle(
    closes: list[float], minutes: int, volumes: list[float]
) -> None:
    bars = bars_of(np.array(closes), np.random.default_rng(0), minutes=minutes)
    bars["volume"] = volumes[: len(bars)]
    check(bars)


def test_a_feature_is_null_for_as_many_bars_as_it_says_and_no_longer() -> None:
    _, features = derived(bars_of(walk(300, 1), np.random.default_rng(1)))
    for place, described_by in enumerate(V1.features):
        nulls = np.isnan(features[:, place])
        assert nulls[: described_by.null_bars].all(), described_by.name
        assert not nulls[described_by.null_bars :].any(), described_by.name


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 320), st.integers(0, 80), st.floats(0.01, 100), st.integers(1, 100), st.integers(0, 2**31))
def test_no_feature_of_a_bar_changes_when_later_bars_do(
    known: int, later: int, factor: float, batch: int, seed: int
) -> None:
    bars = bars_of(walk(known + later, seed), np.random.default_rng(seed))
    changed = bars.copy()
    for name in ("open", "high", "low", "close", "volume", "quote_volume"):
        changed[name][known:] *= factor
    before, after = derived(bars, batch), derived(changed, batch)
    for mine, theirs in zip(before, after, strict=True):
        assert mine[:known].tobytes() == theirs[:known].tobytes()
    truncated = derived(bars[:known], batch)
    assert truncated[1].tobytes() == before[1][:known].tobytes()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2 * ANCHOR_BARS), st.integers(0, 2**31))
def test_going_on_from_an_anchor_gives_bit_for_bit_what_one_pass_gives(later: int, seed: int) -> None:
    count = 2 * ANCHOR_BARS + 30
    bars = bars_of(walk(count + later, seed), np.random.default_rng(seed))
    book = SeriesBook()
    slot = book.slot(1, 0)
    bars["slot"] = slot
    whole = book.take(bars)
    last = whole.anchors[-1]
    held = int(last["count"])
    book.begin(slot, last.tobytes(), bars[held - ANCHOR_BARS : held])
    again = book.take(bars[held:])
    assert again.values.tobytes() == whole.values[held:].tobytes()
    assert again.features.tobytes() == whole.features[held:].tobytes()


def test_an_expression_that_names_something_unknown_is_refused() -> None:
    wrong = FeatureSet("x", (Feature("a", "future_close + 1.0", 0, ""),))
    with pytest.raises(UnknownInput, match="future_close"):
        lines_of(wrong)


def test_the_hash_of_version_v1_never_changes() -> None:
    assert V1.hash == "9adff6529299cc9bc61156a1a8cc28046fdf33b39552309fcb420fe05a404dfd"


def test_the_documentation_names_every_indicator_and_feature() -> None:
    page = (Path(__file__).parents[3] / "docs" / "INDICATORS.md").read_text()
    for output in OUTPUTS:
        formula = output.formula.replace("|", "\\|")
        assert f"| `{output.name}` | {output.null_bars} | {formula} |" in page
    for feature in V1.features:
        assert f"| `{feature.name}` | {feature.null_bars} | {feature.meaning} | `{feature.expression}` |" in page
