"""The HTTP service: one filter, one thread that judges, and requests that wait for each other as little as possible."""
