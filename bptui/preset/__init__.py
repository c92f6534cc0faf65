"""Presets: what a file may say; finding, reading and validating it; errors with a line number."""
