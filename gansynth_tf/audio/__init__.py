"""Audio files, short-time spectra, mel scales and instantaneous frequency."""
