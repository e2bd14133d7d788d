"""`python -m dedup` is the command `dedup`."""

from dedup.cli import run

run()
