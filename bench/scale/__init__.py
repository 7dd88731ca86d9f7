"""What happens at a thousand photos a second: Cloud Run simulated with measured service times.

    python -m bench.scale              the simulation, with the times in stages.json
    python -m bench.scale.validate     hold it against the real function, and measure the times

Downwards: `validate` and `__main__` import `cloud_run`, that `instance`, that `cpu`.
"""
