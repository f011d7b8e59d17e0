"""Who stands at the door: passwords, sessions, tokens, forged requests, too many requests."""
