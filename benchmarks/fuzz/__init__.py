"""Hostile input at every door, thousands of times: the API, the webhooks of providers, and the files of an import."""
