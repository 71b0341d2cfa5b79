"""What only admins see and change: users, the audit log, how the parts are. No market data."""
