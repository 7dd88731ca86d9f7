"""Offline tools: build the model, measure it. Never deployed."""
