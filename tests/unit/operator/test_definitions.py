"""The CustomResourceDefinitions as files; what they accept is asked of a real API server in tests/operator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tickloom.settings.resources import Exchange, Resource, Symbol, parse_duration

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "manifests" / "crds").glob("*.yaml"))


def schema(kind: str) -> dict[str, Any]:
    definitions = [yaml.safe_load(file.read_text()) for file in FILES]
    definition = next(d for d in definitions if d["spec"]["names"]["kind"] == kind)
    found: dict[str, Any] = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def fields(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in node.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from fields(field, f"{path}.{name}")
    if "properties" in node.get("items", {}):
        yield from fields(node["items"], f"{path}[]")


def test_the_chart_holds_the_same_definitions() -> None:
    copies = sorted((ROOT / "charts" / "tickloom-crds" / "templates").glob("*.yaml"))
    assert [file.name for file in copies] == [file.name for file in FILES]
    for copy, file in zip(copies, FILES, strict=True):
        assert copy.read_text() == file.read_text(), "run scripts/copy-crds"


@pytest.mark.parametrize("kind", ["Exchange", "Symbol"])
def test_every_field_is_explained(kind: str) -> None:
    unexplained = [path for path, field in fields(schema(kind)) if not field.get("description") and path != ".metadata"]
    assert unexplained == []


@pytest.mark.parametrize("model", [Exchange, Symbol])
def test_the_definitions_have_the_fields_and_defaults_of_the_models(model: type[Exchange] | type[Symbol]) -> None:
    spec = model.model_fields["spec"].annotation
    assert isinstance(spec, type)
    assert issubclass(spec, Resource)
    properties = schema(model.__name__)["properties"]["spec"]["properties"]
    assert set(properties) == {field.alias for field in spec.model_fields.values()}
    required = {field.alias: "placeholder" for field in spec.model_fields.values() if field.is_required()}
    if model is Exchange:
        required["driver"] = "binance"
    defaults = spec.model_validate(required).model_dump(mode="json", by_alias=True)
    for name, field in properties.items():
        if isinstance(field.get("default"), str | bool | list):
            assert field["default"] == defaults[name], name
        for inner, inner_field in field.get("properties", {}).items():
            if "default" in inner_field and not isinstance(inner_field["default"], dict):
                written, meant = inner_field["default"], defaults[name][inner]
                assert written == meant or parse_duration(written) == parse_duration(meant), f"{name}.{inner}"
