"""HTTP around the model: requests in, JSON out.

The data goes one way: request -> `intake` -> images -> `model` -> labels -> `replies`.
"""
