"""Tests against real peers need Debian packages and a network of their own: `make test-peers`, not `make test`."""

collect_ignore = ["test_kannel_peer.py"]  # named by its path it is collected all the same
