"""Workers that filter message streams: one loop, and an adapter for each message broker."""
