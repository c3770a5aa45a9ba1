"""Stand-ins of providers: real servers on loopback that keep what they accepted, and misbehave as they are told."""
