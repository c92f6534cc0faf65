"""bptui: step through backpropagation in a terminal, one phase a keypress."""

__version__ = "0.1.0"
