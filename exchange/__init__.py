"""Files in and out: the billing's package, refused rows, exports. A leaf: knows nothing of the portal."""
