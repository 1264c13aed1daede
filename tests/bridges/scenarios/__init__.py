"""What each framework is made to do, by its own fake model. Run inside its own environment: see drive.py."""
