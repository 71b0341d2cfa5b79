"""What bars said before they were revised."""
