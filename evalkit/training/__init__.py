"""Train multilayer perceptrons, in NumPy with hand-written gradients or in PyTorch."""
