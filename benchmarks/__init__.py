"""Speed, memory and quality of `dedup filter`, compared with similar tools. See README.md in this folder."""
