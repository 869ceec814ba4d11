"""Multilayer perceptrons trained by hand-written gradients in NumPy, and the same in PyTorch."""
