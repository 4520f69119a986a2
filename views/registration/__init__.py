"""Registration: a module and a template for each way; another way is another of both, named in `presets`."""

from views.registration import account, account_code, activation, choice, email, phone, username
from views.registration.way import bp

__all__ = ["account", "account_code", "activation", "bp", "choice", "email", "phone", "username"]
