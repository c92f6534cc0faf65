"""Session -> rows of spans: what is on the screen, as pure text with roles and addresses."""
