"""How long others wait for a gateway: a timer in its loop (held), programs that ask it (asker, joiner), lateness."""
