"""Whether the product works, part by part."""
