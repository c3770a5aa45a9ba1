"""The texts of planned touches: templates with the lead's own values, their variants, and what is posted for one touch."""
