"""History in: CSV files of leads, touches and events become rows, once, and can be taken out again (docs/import.md)."""
