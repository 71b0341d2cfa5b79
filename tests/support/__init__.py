"""What several tests need: real servers, recordings, a simulator's feed."""
