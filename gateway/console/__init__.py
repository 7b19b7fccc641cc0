"""The officials' pages of the demo: what came and went, one case, one number; elsewhere they do not exist."""
