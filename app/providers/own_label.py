"""The carrier that needs no account: papers for a parcel that the shopper sends with a carrier of his own choice.

One PDF, A4: page 1 is the address label and, below the line to cut, the packing slip (as many pages more as the
articles need); the last page tells the shopper, in his language, what to do and what happens to the money. The
return number is on the label as Code 128 and as QR, so that whoever receives the parcel can scan it.

Nothing is bought and nothing leaves the machine: making the papers twice is harmless and gives the same bytes.
"""

from __future__ import annotations

from app.core.kit.texts import Texts, shipped_texts
from app.core.labels.ports import BoughtLabel, LabelFile, ReturnShipment


class OwnLabel:
    """A Carrier (``core.labels.ports``)."""

    name = "own_label"

    def __init__(self, texts: Texts | None = None) -> None:
        """``texts``: the catalogues to speak from; the product's own if none are given."""
        self._texts = texts or shipped_texts()

    def buy_label(self, shipment: ReturnShipment) -> BoughtLabel:
        """Papers for ``shipment``; no tracking number and no cost, because nothing is bought."""
        from app.providers.own_label_pages import Papers  # noqa: PLC0415 (fonts and PDF: the web never prints)

        content = Papers(shipment, self._texts.for_locale(shipment.locale)).render()
        file = LabelFile(name=f"{shipment.rma}.pdf", content_type="application/pdf", content=content)
        return BoughtLabel(carrier=self.name, ref=shipment.rma, files=(file,))

    def find_label(self, key: str) -> BoughtLabel | None:
        """None: nothing was bought, so there is nothing to find; making the papers again is the answer."""
        del key
        return None

    def void_label(self, ref: str) -> bool:
        """True: there is nothing to give back."""
        del ref
        return True
