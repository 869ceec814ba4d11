"""Files that strangers may have written, read without running or believing any of them.

What this protects from: a pickle, an archive or a table that would run code when it is read,
forge objects, write anywhere, point at other files, or take memory that its own bytes do not
bear out. Nothing that a file names is imported, and no declared size is believed before it was
compared with the file.

What it does not protect from: a model that gives wrong probabilities on purpose; faults in the
compiled libraries that read Parquet, Arrow and ONNX; an ONNX graph that computes for ever or
takes all memory when it is run, since a graph is a program, though one without a way out; code
that you run yourself by ``--trust-pickle`` or ``python:…``.
"""
