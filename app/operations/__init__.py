"""Running the product: its processes, its first configuration, its health."""
