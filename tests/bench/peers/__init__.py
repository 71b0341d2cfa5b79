"""The tools that Tickloom is measured against, each run in an environment of its own by `bench.engine`."""
