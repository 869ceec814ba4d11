"""The modules of a multilayer perceptron, one per file, each with forward and backward pass."""
