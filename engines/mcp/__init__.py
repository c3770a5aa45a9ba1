"""The tools of an assistant that speaks MCP. An optional extra: nothing else imports this package, and it needs `mcp`."""
