"""Settings, read once from the environment (prefix ``HELLOWORD_``) and an optional ``.env`` file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What differs between machines. Secrets have no default: the doors refuse to start without them, in words."""

    model_config = SettingsConfigDict(env_prefix="HELLOWORD_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(description="SQLAlchemy URL: sqlite:///var/helloword.sqlite or postgresql+psycopg://...")
    redis_url: str = Field(description="Redis or Valkey: redis://host:6379/0, or unix:///path/to.sock")
    secret_key: SecretStr = Field(min_length=32, description="Signs sessions and links; at least 32 characters")
    vault_keys: SecretStr = Field(description="Fernet keys for credentials, newest first, separated by commas")
    public_url: str = Field(description="Where shoppers and stores reach us, e.g. https://app.helloword.example")
    data_dir: Path = Field(default=Path("var"), description="Photos and labels are kept below this folder")
    smtp_url: str | None = Field(default=None, description="smtp://user:password@host:587 (STARTTLS) or smtps://")
    mail_from: str = "returns@helloword.example"
    insecure_cookies: bool = Field(default=False, description="Only for a demo: plain http, stores on this machine")
    shopify_api_version: str = "2026-10"
    shopify_api_base: str | None = Field(
        default=None, description="Only for a stand-in store on this machine: sent instead of https://{shop}"
    )
    trusted_proxies: int = Field(default=0, ge=0, description="Proxies in front of us whose X-Forwarded-* counts")
    web_workers: int = Field(default=1, ge=1)
    web_threads: int = Field(default=4, ge=1)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    log_json: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("public_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            msg = "must start with https:// (or http:// on this machine)"
            raise ValueError(msg)
        return value.rstrip("/")
