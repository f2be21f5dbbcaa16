"""How the installation is doing, for whoever keeps it going: numbers by route, never by pupil or person."""
