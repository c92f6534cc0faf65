"""What is on the screen and in the user's mind: one frozen session, and the one way to the next."""
