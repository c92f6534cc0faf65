"""The tests; what several of them share is in `networks` and `oracle`."""
