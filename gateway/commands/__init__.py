"""Sub-commands of `gateway`, one a module, each under the name `command`."""
