from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_client_schema

ROOT = Path(__file__).resolve().parents[3]


def contracts() -> Path:
    """Shopify's own schemas and example deliveries; tests that need them are skipped where they are absent."""
    folder = ROOT / os.environ.get("CONTRACTS_DIR", "../shared/contracts") / "shopify"
    if not folder.is_dir():
        pytest.skip(f"Shopify's contracts are not at {folder}; set CONTRACTS_DIR")
    return folder


@cache
def load_schema(version: str) -> GraphQLSchema:
    with gzip.open(contracts() / f"admin_{version}.json.gz") as file:
        found: Any = json.load(file)
    # Shopify deprecates fields of interfaces in ways that graphql-core would refuse
    return build_client_schema(found.get("data", found), assume_valid=True)


@pytest.fixture(scope="session")
def contracts_folder() -> Path:
    return contracts()


@pytest.fixture(scope="session", params=["2026-07", "2026-10"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def schema(version: str) -> GraphQLSchema:
    return load_schema(version)


@pytest.fixture(scope="session")
def newest_schema() -> GraphQLSchema:
    return load_schema("2026-10")
