"""AWS's protocol: bytes in, values out. Pure."""
