"""Features of bars: ranges for training, as they are or as they were known once, and the latest for real time."""
