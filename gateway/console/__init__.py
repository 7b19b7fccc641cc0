"""The pages of the demo: what came and went, and a handset to try the gateway with; elsewhere they do not exist."""
