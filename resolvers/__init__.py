"""Three lines each: unpack, call, return."""
