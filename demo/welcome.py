"""What the demo says when it is ready: where to go, and whom to be."""

from __future__ import annotations

from demo.plan import OWNER, PASSWORD, Plan
from demo.world import GUIDED, SHOPIFY, WOOCOMMERCE


def text(plan: Plan) -> str:
    """For a terminal of about 100 columns."""
    shops = (
        (WOOCOMMERCE, "Lintang & Co, WooCommerce", plan.woocommerce_url, plan.woocommerce_returns),
        (SHOPIFY, "Oak & Tern, Shopify", plan.shopify_url, plan.shopify_returns),
    )
    lines = ["", "Helloword is ready. Ctrl-C stops it; what you do is kept for the next time.", ""]
    for platform, name, url, page in shops:
        lines += [f"  {name}", f"    storefront     {url}", f"    returns page   {page}"]
        lines += [
            f"    order {one.number}     {one.email:<30} {one.story}" for one in GUIDED if one.platform == platform
        ]
        lines.append("")
    lines += [
        "  The shoppers' mail (codes, labels)",
        f"    mailbox        {plan.mailbox_url}",
        "",
        "  The merchant's inbox",
        f"    sign in        {plan.helloword_url}/admin/",
        f"    as             {OWNER}   password: {PASSWORD}",
        "",
    ]
    return "\n".join(lines)
