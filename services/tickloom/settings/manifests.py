"""`Exchange` and `Symbol` documents from YAML files and directories, with every mistake told at once.

Each problem names file, line, field and what is allowed there. Nothing of a set with a problem is used.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tickloom.settings.documents import Document, InvalidYaml, Location, read_documents
from tickloom.settings.resources import Exchange, Symbol

AnyResource: TypeAlias = Exchange | Symbol
_MODELS: Final[dict[str, type[Exchange] | type[Symbol]]] = {"Exchange": Exchange, "Symbol": Symbol}
_CLUSTER_VERSIONS: Final = frozenset(
    {"v1", "apps/v1", "apiextensions.k8s.io/v1", "policy/v1", "rbac.authorization.k8s.io/v1"}
)
_SUFFIXES: Final = (".yaml", ".yml")
_SHOWN: Final = 60


class InvalidManifests(ValueError):
    """At least one document cannot be used; `problems` are the lines to show."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def manifest_files(paths: Sequence[Path]) -> list[Path]:
    """Return the YAML files that the paths stand for, in order; a directory stands for all below it.

    Raises InvalidManifests for a path that is not there and for a directory without YAML files.
    """
    files: list[Path] = []
    problems: list[str] = []
    for path in paths:
        found = sorted(_below(path)) if path.is_dir() else [path]
        if not path.exists():
            problems.append(f"{path}: there is no such file or directory")
        elif not found:
            problems.append(f"{path}: this directory holds no .yaml or .yml file")
        files.extend(file for file in found if file not in files)
    if problems:
        raise InvalidManifests(problems)
    return files


def _below(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        # `..data` and its like are how Kubernetes mounts a ConfigMap: the same files a second time.
        hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if path.suffix in _SUFFIXES and not hidden and path.is_file():
            yield path


def load_manifests(paths: Sequence[Path], *, known_exchanges: Collection[str] = ()) -> list[AnyResource]:
    """Read and check all documents of files and directories.

    Symbols may belong to an Exchange of these documents or to one of `known_exchanges`. Raises InvalidManifests.
    """
    problems: list[str] = []
    placed: list[tuple[Document, AnyResource]] = []
    for file in manifest_files(paths):
        try:
            documents = read_documents(file)
        except (InvalidYaml, OSError) as error:
            problems.append(str(error) if isinstance(error, InvalidYaml) else f"{file}: {error.strerror}")
            continue
        for document in documents:
            if _is_for_the_cluster(document):
                continue
            resource, found = _parse(document)
            problems.extend(found)
            if resource is not None:
                placed.append((document, resource))
    # While documents are missing, saying that an exchange is missing too would mislead.
    problems.extend(_contradictions(placed, None if problems else known_exchanges))
    if problems:
        raise InvalidManifests(problems)
    return [resource for _, resource in placed]


def _is_for_the_cluster(document: Document) -> bool:
    # What runs the product in a cluster often lies beside the resources.
    return isinstance(document.value, dict) and document.value.get("apiVersion") in _CLUSTER_VERSIONS


def _parse(document: Document) -> tuple[AnyResource | None, list[str]]:
    value = document.value
    if not isinstance(value, dict):
        return None, [_problem(document, (), "a document must be a mapping with apiVersion, kind, metadata and spec")]
    kind = value.get("kind")
    model = _MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        return None, [_problem(document, ("kind",), f"must be Exchange or Symbol{_given(kind)}")]
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, _explain_all(document, model, error.errors(include_url=False))


def _contradictions(
    placed: Sequence[tuple[Document, AnyResource]], known_exchanges: Collection[str] | None
) -> Iterator[str]:
    exchanges = {resource.metadata.name for _, resource in placed if isinstance(resource, Exchange)}
    seen: dict[tuple[str, str], Document] = {}
    for document, resource in placed:
        names: list[tuple[tuple[str, str], Location]] = [
            ((resource.kind, resource.metadata.name), ("metadata", "name")),
        ]
        if isinstance(resource, Symbol):
            names.append((("symbol", str(resource.spec.symbol_id)), ("spec", "symbol")))
        for (kind, name), location in names:
            first = seen.setdefault((kind, name), document)
            if first is not document:
                place = f"{first.file}:{first.line(location)}"
                yield _problem(document, location, f"{kind} {name} is already defined in {place}")
                break
        if isinstance(resource, Symbol) and known_exchanges is not None:
            allowed = sorted({*exchanges, *known_exchanges})
            if resource.spec.exchange not in allowed:
                choice = f"must be one of {', '.join(allowed)}" if allowed else "there is no Exchange document"
                yield _problem(document, ("spec", "exchange"), f"{choice}{_given(resource.spec.exchange)}")


def _problem(document: Document, location: Location, text: str) -> str:
    field = ".".join(str(part) for part in location)
    return f"{document.file}:{document.line(location)}: {field + ': ' if field else ''}{text}"


def _given(value: object) -> str:
    shown = repr(value)
    return f", not {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"


def _explain_all(document: Document, model: type[BaseModel], errors: Sequence[ErrorDetails]) -> list[str]:
    lines = [document.line(_known_part(document.value, details["loc"])) for details in errors]
    # A field that takes an object or a list complains of not being a list as well, when the object is wrong.
    told = [
        (line, _explain(document, model, details))
        for line, details in zip(lines, errors, strict=True)
        if not (details["type"] == "list_type" and isinstance(details["input"], dict))
    ]
    return [text for _, text in sorted(told, key=lambda pair: pair[0])]


def _explain(document: Document, model: type[BaseModel], details: ErrorDetails) -> str:
    location = _known_part(document.value, details["loc"])
    match details["type"]:
        case "extra_forbidden":
            allowed = ", ".join(_fields(model, location[:-1]))
            return _problem(document, location, f"there is no such field; allowed are {allowed}")
        case "missing":
            missing = (*location, *details["loc"][len(location) :])
            return _problem(document, missing, "is required")
        case "string_pattern_mismatch" if location[-1:] in (("name",), ("exchange",)):
            rule = "must be 1 to 63 lower-case letters, digits or '-', beginning and ending with no '-'"
            return _problem(document, location, f"{rule}{_given(details['input'])}")
        case "value_error":
            return _problem(document, location, details["msg"].removeprefix("Value error, "))
        case "string_type" if not isinstance(details["input"], dict | list):
            return _problem(document, location, f"must be text: put it in quotes{_given(details['input'])}")
    message = details["msg"].replace("Input should", "must")
    return _problem(document, location, f"{message}{_given(details['input'])}")


def _known_part(value: Any, location: Location) -> Location:
    """Drop what pydantic puts in for the branches of a union; it leads to nothing in the document."""
    known: list[str | int] = []
    for part in location:
        try:
            value = value[part]
        except (LookupError, TypeError):
            continue
        known.append(part)
    return tuple(known)


def _fields(model: type[BaseModel], location: Location) -> list[str]:
    for part in location:
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        inner = [] if field is None else [field.annotation, *get_args(field.annotation)]
        model = next((t for t in inner if isinstance(t, type) and issubclass(t, BaseModel)), model)
    return [field.alias or name for name, field in model.model_fields.items()]
