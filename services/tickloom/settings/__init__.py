"""Settings and manifests, read once at the edge of a process and typed from there on.

No other package may read environment variables or YAML.
"""
