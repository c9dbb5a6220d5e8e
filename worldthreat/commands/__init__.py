"""The command line's groups, one module each: `roster`, `raid`, `token`."""
