"""`python -m benchmarks` runs the engines side by side."""

from benchmarks.run import main

main()
