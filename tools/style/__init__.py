"""The style of the course as rules; each module yields findings on one lesson."""
