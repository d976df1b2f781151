"""What every modality shares: attenuation, the detector, and the display."""
