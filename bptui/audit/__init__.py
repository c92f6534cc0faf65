"""Printed figures against computed numbers: which are wrong, and why."""
