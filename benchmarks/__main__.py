"""`python -m benchmarks` compares the engines."""

from benchmarks.run import main

main()
