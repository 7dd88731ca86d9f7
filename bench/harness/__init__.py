"""What the benchmarks share: servers, clients, load, interleaving, memory limits and reports."""
