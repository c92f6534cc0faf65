"""What things cost, measured by hand: `python -m tests.benchmarks.drawing`; pytest runs none."""
