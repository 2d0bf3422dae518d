"""What the integration tests stand on: real clusters, the proxy, a raw client, scripted fake nodes."""
