"""The operator's room: commands, containers and files for deployment."""
