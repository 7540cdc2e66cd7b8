"""Payloads as their sources document them, and what is read of them."""
