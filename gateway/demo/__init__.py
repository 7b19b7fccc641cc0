"""The demo: secrets of its own, and an invented staff and population for the real places of Gande county."""

from gateway.demo.env import ensure_demo_env

__all__ = ["ensure_demo_env"]
