"""The commands, a module each: read options, call one function, print."""
