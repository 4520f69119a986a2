"""The operator's commands: `flask …`; each file registers its own on the application."""
