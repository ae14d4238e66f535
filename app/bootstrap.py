"""The composition root. Read it top to bottom and you know the system.

settings -> engine, vault, texts, files, doorbell, mail, platforms, carriers -> Container
Container -> make_web() for the web process, make_worker() and make_scheduler() for the others
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis
import structlog

from app.container import Container
from app.core.kit.clock import Clock, SystemClock
from app.core.kit.db import Database, make_engine
from app.core.kit.texts import shipped_texts
from app.core.merchants.vault import Vault
from app.core.messaging.outbox import RINGING
from app.jobs.queue import RedisDoorbell, Worker, build_scheduler, build_worker
from app.platforms.shopify.adapter import ShopifyPlatform
from app.platforms.woocommerce.adapter import WooCommercePlatform
from app.providers.local_files import LocalFiles
from app.providers.mail.smtp import SmtpNotifier
from app.providers.own_label import OwnLabel
from app.settings import Settings
from app.web.app import create_app
from app.web.webhooks import ASGIApplication


def make_container(settings: Settings, clock: Clock | None = None) -> Container:
    """Everything the product is made of, for these settings. Opens no connection yet."""
    _configure_logging(settings)
    bell = RedisDoorbell(redis.Redis.from_url(settings.redis_url))

    def ring_for_outbox(info: Mapping[Any, Any]) -> None:
        if info.get(RINGING):
            bell.ring()

    texts = shipped_texts()
    files = LocalFiles(settings.data_dir / "files")
    return Container(
        settings=settings,
        clock=clock or SystemClock(),
        database=Database(make_engine(settings.database_url), on_commit=ring_for_outbox),
        vault=Vault(settings.vault_keys.get_secret_value().split(",")),
        texts=texts,
        files=files,
        bell=bell,
        notifier=SmtpNotifier(settings.smtp_url, settings.mail_from, texts, files),
        platforms={
            "shopify": ShopifyPlatform(settings.shopify_api_version, settings.shopify_api_base),
            "woocommerce": WooCommercePlatform(on_this_machine=settings.insecure_cookies),
        },
        carriers={"own_label": OwnLabel(texts)},
    )


def make_web(container: Container) -> ASGIApplication:
    """The web application (ASGI)."""
    return create_app(container)


def make_worker(container: Container) -> Worker:
    """A worker on the one queue: drains inbox and outbox whenever the bell rings."""
    return build_worker(container)


def make_scheduler(container: Container) -> Any:
    """The scheduler: rings for rows left behind, reconciles stores, tidies up."""
    return build_scheduler(container)


def _configure_logging(settings: Settings) -> None:
    renderer: Any = structlog.processors.JSONRenderer() if settings.log_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        cache_logger_on_first_use=True,
    )
