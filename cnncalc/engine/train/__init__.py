"""Gradient descent for autoencoders of dense layers."""
