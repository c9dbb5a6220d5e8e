"""The use cases; services.rules is the pure game."""
