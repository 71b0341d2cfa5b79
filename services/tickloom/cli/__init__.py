"""The `tickloom` command: arguments in, one function call, an exit code out."""
