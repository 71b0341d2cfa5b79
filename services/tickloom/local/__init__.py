"""`tickloom up`: embedded PostgreSQL and Valkey, and the product's services as supervised child processes."""
