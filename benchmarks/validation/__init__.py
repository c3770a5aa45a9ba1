"""The claims of this project about its statistics, one module a subject; `benchmarks.validate` runs them."""
