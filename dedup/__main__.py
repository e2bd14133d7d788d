"""`python -m dedup` is the command `dedup`."""

import sys

try:
    from dedup.cli import run
except OSError as error:  # too few file descriptors to read the modules of the package
    sys.exit(f"dedup: cannot start: {error.strerror or error}")

if __name__ == "__main__":
    run()
