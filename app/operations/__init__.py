"""Running the product on a machine: its processes, its first configuration, its health. Above bootstrap, below the doors."""
