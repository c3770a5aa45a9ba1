"""What a machine may ask of this server: whether it lives, whether it can serve, and its figures; and whose log lines are."""
