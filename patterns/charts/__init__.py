"""Pictures of findings as accessible SVG, drawn on the server: pure functions of what a payload holds."""
