"""The parts of a multilayer perceptron, one a file: forward, backward, and their mathematics."""
