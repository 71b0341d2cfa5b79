"""All bars of a range as a file: streamed page by page, so that its length costs no memory."""
