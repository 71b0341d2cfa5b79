"""Any exchange that ccxt speaks, by its id: trades over its WebSocket where ccxt has one, else by asking."""
