"""Demo stores that speak real platforms' HTTP, and the mailbox of their shoppers.

Stand-ins at the wire: the product's adapters run against them unchanged. Nothing here imports the product, and the
product imports nothing from here.

    world          what the stores sell and whom they sold it to (the same on every machine)
    woocommerce    wc/v3 with the traps of real stores
    shopify        OAuth and the part of the GraphQL Admin API that the product uses
    storefront     the pages a shopper sees, with the returns page inside the store's own header and footer
    mailbox        an SMTP server that keeps what it gets, and a page to read it
"""
