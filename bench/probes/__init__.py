"""How long others wait for a gateway: a timer in its loop (held), programs beside it (asker, joiner), lateness."""
