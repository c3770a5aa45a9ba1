"""Pages that people begin with: what is going on, what was learned, and what there is to do."""
