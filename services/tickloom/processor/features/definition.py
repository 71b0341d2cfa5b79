"""What a version of features is: named expressions, and a hash that tells two versions apart for certain."""

import hashlib
import json
from typing import NamedTuple


class Feature(NamedTuple):
    """One number for each bar."""

    name: str
    expression: str
    null_bars: int
    """How many bars at the beginning of a series have no value."""
    meaning: str


class FeatureSet(NamedTuple):
    """All features of a version, in the order of their values."""

    version: str
    features: tuple[Feature, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names in the order of their values."""
        return tuple(feature.name for feature in self.features)

    @property
    def hash(self) -> str:
        """SHA-256 of version, names and expressions: equal hashes mean equal features."""
        content = [self.version, [[feature.name, feature.expression] for feature in self.features]]
        return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
