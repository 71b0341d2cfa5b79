"""Grafana dashboards of the product as code. It imports nothing of the product: tests compare the names it uses."""
