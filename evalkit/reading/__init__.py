"""Read untrusted input files without running code from them.

Protected against: pickles, archives and tables that run code when they are read, create
arbitrary objects, write files, refer to other files, or declare far more data than they contain.
Nothing named in a file is imported, and every declared size is checked against the file size
before memory is allocated.

Not protected against: models that return wrong probabilities on purpose; bugs in the compiled
libraries that read Parquet, Arrow and ONNX; ONNX graphs that run forever or use all memory when
they are evaluated; code that the user runs with ``--trust-pickle`` or ``python:…``.
"""
