"""The stand-in's schema is an honest part of Shopify's: nothing in it is made up."""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_client_schema,
    is_required_argument,
    is_required_input_field,
    is_specified_directive,
)

from demo.shopify.fields import FIELDS, schema
from demo.shopify.mutations import MUTATIONS
from demo.shopify.scopes import MUTATION_SCOPES, TYPE_SCOPES

ROOT = Path(__file__).parents[3]
CONTRACTS = Path(os.environ.get("CONTRACTS_DIR", ROOT.parent / "shared" / "contracts")) / "shopify"
VERSIONS = ("2026-07", "2026-10")

needs_contracts = pytest.mark.skipif(
    not CONTRACTS.is_dir(), reason="the official schemas are not here (set CONTRACTS_DIR)"
)
OURS = sorted(name for name in schema().type_map if not name.startswith("__"))


@cache
def official(version: str) -> GraphQLSchema:
    with gzip.open(CONTRACTS / f"admin_{version}.json.gz") as file:
        data = json.load(file)
    return build_client_schema(data.get("data", data), assume_valid=True)


def arguments(field: Any) -> dict[str, tuple[str, Any]]:
    """Type and default of each argument (the default as Shopify prints it)."""
    return {name: (str(one.type), default(one)) for name, one in field.args.items()}


def default(one: Any) -> Any:
    given = one.default
    if given is None:
        return None
    return given.value if given.literal is None else literal(given.literal)


def literal(node: Any) -> Any:
    if hasattr(node, "values"):
        return [literal(one) for one in node.values or ()]
    return node.value


@needs_contracts
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", OURS)
def test_every_type_is_shopifys(name: str, version: str) -> None:
    mine, theirs = schema().type_map[name], official(version).type_map.get(name)
    assert theirs is not None, f"Shopify has no {name}"
    assert type(mine) is type(theirs)
    if isinstance(mine, GraphQLScalarType):
        return
    if isinstance(mine, GraphQLEnumType):
        assert isinstance(theirs, GraphQLEnumType)
        assert set(mine.values) <= set(theirs.values)
    elif isinstance(mine, GraphQLUnionType):
        assert isinstance(theirs, GraphQLUnionType)
        assert {one.name for one in mine.types} <= {one.name for one in theirs.types}
    elif isinstance(mine, GraphQLInputObjectType):
        assert isinstance(theirs, GraphQLInputObjectType)
        assert mine.is_one_of == theirs.is_one_of
        for field, one in mine.fields.items():
            assert (str(one.type), default(one)) == (str(theirs.fields[field].type), default(theirs.fields[field]))
        wanted = {field for field, one in theirs.fields.items() if is_required_input_field(one)}
        assert wanted <= set(mine.fields)
    else:
        assert isinstance(mine, GraphQLObjectType | GraphQLInterfaceType)
        assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType)
        assert {one.name for one in mine.interfaces} <= {one.name for one in theirs.interfaces}
        for field, mine_field in mine.fields.items():
            assert field in theirs.fields, f"Shopify has no {name}.{field}"
            assert str(mine_field.type) == str(theirs.fields[field].type)
            known = arguments(theirs.fields[field])
            assert arguments(mine_field).items() <= known.items()
            required = {one for one, given in theirs.fields[field].args.items() if is_required_argument(given)}
            assert required <= set(mine_field.args)


@needs_contracts
@pytest.mark.parametrize("version", VERSIONS)
def test_every_directive_is_shopifys(version: str) -> None:
    theirs = {one.name: one for one in official(version).directives}
    own = [one for one in schema().directives if not is_specified_directive(one)]
    assert [one.name for one in own] == ["idempotent"]
    for one in own:
        assert arguments(one) == arguments(theirs[one.name])
        assert one.locations == theirs[one.name].locations


def test_every_resolver_answers_a_field_of_the_schema() -> None:
    for kind, fields in {**FIELDS, "Mutation": MUTATIONS}.items():
        mine = schema().type_map[kind]
        assert isinstance(mine, GraphQLObjectType)
        assert set(fields) <= set(mine.fields)
    assert set(MUTATIONS) == set(schema().mutation_type.fields)  # type: ignore[union-attr]


@needs_contracts
@pytest.mark.parametrize("version", VERSIONS)
def test_the_scopes_asked_for_are_among_those_that_shopify_asks_for(version: str) -> None:
    required = json.loads((CONTRACTS / f"required_access_{version}.json").read_text(encoding="utf-8"))
    for kind, scopes in TYPE_SCOPES.items():
        assert all(f"`{scope}`" in required[kind] for scope in scopes), kind
    for field, scopes in MUTATION_SCOPES.items():
        text = required[f"Mutation.{field}"]
        assert all(f"`{scope}`" in text or f"`{scope.removeprefix('write_')}`" in text for scope in scopes), field
