"""Fuzz the way from bytes to pixels: python -m tests.hostile.fuzz_picture"""

from tests.hostile.fuzzing import fuzz, instrumented

with instrumented():
    from tests.hostile.measure import outcome_of
    from tests.hostile.mutations import good_pictures

if __name__ == "__main__":
    fuzz(outcome_of, seeds=good_pictures())
