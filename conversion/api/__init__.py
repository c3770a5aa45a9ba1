"""The API's foundation, and the doors to what this floor keeps. Every endpoint stands on `conversion.api.viewsets`."""
