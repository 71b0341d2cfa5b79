"""HTTP and WebSocket for programs and pages: one slice (routes, schemas, service) for each resource."""
