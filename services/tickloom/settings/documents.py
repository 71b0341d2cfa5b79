"""YAML files as plain values that remember their lines, read as hostile input.

Only scalars, lists and mappings get through: tags that name anything else, repeated keys, deep nesting and aliases that
expand without bound are problems with a file and a line. What the values mean is decided in `manifests`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAXIMUM_BYTES: Final = 4 * 1024 * 1024
MAXIMUM_DEPTH: Final = 32
MAXIMUM_VALUES: Final = 500_000
_STANDARD: Final = "tag:yaml.org,2002:"
_SCALARS: Final = frozenset({"str", "int", "float", "bool", "null"})

Location = tuple[str | int, ...]
"""Keys and list indexes from a document's top to a value."""


class Document(NamedTuple):
    """One YAML document: its value, and the line that each part of it is on, counted from 1."""

    file: Path
    value: Any
    lines: dict[Location, int]

    def line(self, location: Location) -> int:
        """Return the line of a value, or of the nearest part around it that is there."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines[location]


class InvalidYaml(ValueError):
    """A file is not the YAML that is read here; the message says why and `line` where."""

    def __init__(self, file: Path, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.line = line


def read_documents(file: Path) -> list[Document]:
    """Return the documents of a file, without empty ones; raises InvalidYaml, and OSError."""
    if file.stat().st_size > MAXIMUM_BYTES:
        raise InvalidYaml(file, 1, f"the file is larger than {MAXIMUM_BYTES // 1024 // 1024} MiB: split it")
    data = file.read_bytes()
    try:
        text = data.decode("utf-8")
        _refuse_deep_nesting(file, text)
        nodes = [node for node in yaml.compose_all(text, Loader=_LOADER) if node is not None]
    except UnicodeDecodeError as error:
        raise InvalidYaml(file, data.count(b"\n", 0, error.start) + 1, "the file is not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.problem, error.context) if part)
        raise InvalidYaml(file, mark.line + 1 if mark else 1, f"this is not YAML: {problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InvalidYaml(file, line, f"this is not YAML: {error.reason}") from error
    documents = (_Reader(file).read(node) for node in nodes)
    return [document for document in documents if document.value is not None]


def _refuse_deep_nesting(file: Path, text: str) -> None:
    # Before composing, which recurses; the event parser does not.
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAXIMUM_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise InvalidYaml(file, line, f"values are nested more than {MAXIMUM_DEPTH} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Reader:
    """Turns the nodes of one document into values, counting them: aliases are counted each time they are used."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: dict[Location, int] = {}
        self._count = 0
        self._construct = yaml.constructor.SafeConstructor()

    def read(self, node: yaml.Node) -> Document:
        return Document(self._file, self._value(node, (), node.start_mark.line + 1), self._lines)

    def _value(self, node: yaml.Node, location: Location, line: int) -> Any:
        self._count += 1
        if self._count > MAXIMUM_VALUES or len(location) > MAXIMUM_DEPTH:
            raise InvalidYaml(self._file, line, "the aliases of this document expand to far too many values")
        self._lines[location] = line
        kind = node.tag.removeprefix(_STANDARD)
        if isinstance(node, yaml.ScalarNode) and kind == "timestamp":
            return node.value
        if isinstance(node, yaml.ScalarNode) and kind in _SCALARS:
            return self._scalar(node)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [
                self._value(item, (*location, index), item.start_mark.line + 1) for index, item in enumerate(node.value)
            ]
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return dict(self._items(node, location))
        raise InvalidYaml(
            self._file, line, f"the tag {node.tag!r} is not allowed: only plain values, lists and mappings"
        )

    def _items(self, node: yaml.MappingNode, location: Location) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if key.tag == f"{_STANDARD}merge":
                raise InvalidYaml(self._file, line, "merging with '<<' is not supported: write the fields out")
            if not isinstance(key, yaml.ScalarNode) or key.tag != f"{_STANDARD}str":
                raise InvalidYaml(self._file, line, "a field name must be text: put it in quotes")
            if key.value in seen:
                raise InvalidYaml(self._file, line, f"{key.value!r} is already given in line {seen[key.value]}")
            seen[key.value] = line
            yield key.value, self._value(item, (*location, key.value), line)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            return self._construct.construct_object(node)
        except ValueError as error:
            raise InvalidYaml(
                self._file, node.start_mark.line + 1, f"{node.value[:40]!r} is no value: {error}"
            ) from error
