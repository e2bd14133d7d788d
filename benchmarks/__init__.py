"""Speed, memory and quality of `dedup filter`, beside every peer. See README.md here."""
