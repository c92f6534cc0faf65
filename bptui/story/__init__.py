"""What happened, when and why: moments, timeline, quantities, session."""
