"""How kernels are compiled, and the few operations on bits that they share."""
