"""What labels needs from a carrier: papers for one parcel coming back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.core.kit.money import Money
from app.core.orders.ports import Address


@dataclass(frozen=True, slots=True)
class ParcelItem:
    """One article in the parcel, as printed on the packing slip."""

    title: str
    options: str
    sku: str
    quantity: int
    unit_value: Money
    reason: str = ""
    hs_code: str = ""
    origin_country: str = ""
    weight_g: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnShipment:
    """One parcel from the shopper back to the merchant. ``key`` is the outbox id, kept as the carrier's reference.

    ``locale`` is the shopper's: instructions are printed in it (addresses stay as written). ``send_by`` is the last
    day to hand the parcel in.
    """

    key: str
    rma: str
    order_number: str
    store_name: str
    locale: str
    sender: Address
    recipient: Address
    items: tuple[ParcelItem, ...]
    send_by: date | None = None
    support_email: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """One printable file."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class BoughtLabel:
    """The carrier's answer. ``tracking_number`` is empty when the shopper chooses the carrier (own label);
    ``cost`` is None when nothing was bought.
    """

    carrier: str
    ref: str
    files: tuple[LabelFile, ...]
    tracking_number: str = ""
    cost: Money | None = None


class Carrier(Protocol):
    """A way to send a parcel back. Methods may raise ProviderError."""

    name: str

    def buy_label(self, shipment: ReturnShipment) -> BoughtLabel:
        """Papers for ``shipment``."""
        ...

    def find_label(self, key: str) -> BoughtLabel | None:
        """The label that bears our key, if the carrier has sold it already."""
        ...

    def void_label(self, ref: str) -> bool:
        """Give an unused label back; False when the carrier will not."""
        ...
