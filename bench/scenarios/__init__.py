"""What our own gateway and publisher do under load; each file is one question."""
