"""Exact and certified arithmetic, certificates, proof rules, and the kernel that mints evidence."""
