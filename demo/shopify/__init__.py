"""A demo store that speaks Shopify's wire: Admin GraphQL, OAuth, signed webhooks, app proxy.

``make_shopify`` (in ``app``) gives a Flask app with ``app.store``; what the store does on request is in ``store``.
"""

from __future__ import annotations
