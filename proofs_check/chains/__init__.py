"""Chains of proof that the chapters use: data for the kernel, without a claim of their own."""
