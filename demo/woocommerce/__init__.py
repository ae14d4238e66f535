"""A small store that speaks WooCommerce's wc/v3, traps included (recorded on real stores, versions 7.9 and 11.0).

app         make_woocommerce(path, now, ...) -> Flask app with ``app.store``
store       what can happen in the store; tests and the demo drive it from here
checkout    how an order document comes to be; orders: its sums; refunds: what a refund books; stock: articles
rest        what every call passes: key (auth), parameters, permission, paging (listing: which things, in which order)
api_*       the routes below /wp-json
*_json      the shapes that the API sends; wire: how PHP and WordPress print
webhooks    topics and hooks; deliveries: signatures, pings, what is never sent twice
faults      trouble on request, only from Python
seed        furnishes a new store; recorded: the figures of a real one
front       what the storefront shows of this store; plugin: how it hands visits on to Helloword
"""

from demo.woocommerce.app import Credentials, WooApp, make_woocommerce

__all__ = ["Credentials", "WooApp", "make_woocommerce"]
