"""One indicator a module, each with an `INDICATOR`. A module that is put here is in the product.

No module may import another one, and none may look at a bar that is not in the series yet.
"""
