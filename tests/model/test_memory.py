"""Memory given back: what the kernel says of this very process."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model import RESNET50, Classifier, read_picture

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is glibc that is asked")


@pytest.fixture
def classifier(tmp_path):
    """The network from a file that nobody else has mapped."""
    return Classifier(shutil.copytree(RESNET50, tmp_path / "model"), num_threads=1)


def resident(path):
    """Bytes of a file that are mapped into this process and in memory."""
    maps = Path("/proc/self/smaps").read_text()
    (kilobytes,) = re.findall(rf"{re.escape(str(path))}\n(?:.*\n)*?Rss: +(\d+) kB", maps)
    return int(kilobytes) * 1024


def released(path):
    """Whether a mapped file goes out of memory; another thread sees to that, soon."""
    deadline = time.monotonic() + 10
    while resident(path) > 2**20 and time.monotonic() < deadline:
        time.sleep(0.01)
    return resident(path) <= 2**20


def test_a_loaded_model_is_not_in_memory_as_the_file_too(classifier, tmp_path):
    classifier.load()
    assert released(tmp_path / "model" / classifier.card.file)


@pytest.mark.parametrize("name", ["a b", " a  b", "\x0c", "\u2028", "(deleted)"])
def test_any_folder_will_do(tmp_path, name):
    classifier = Classifier(shutil.copytree(RESNET50, tmp_path / name), num_threads=1)
    classifier.load()
    assert released(tmp_path / name / classifier.card.file)


def test_what_was_given_back_is_read_again(classifier, chelsea, tmp_path):
    picture = read_picture(chelsea, classifier.card.input, max_pixels=10**6)
    classifier.load()
    assert released(tmp_path / "model" / classifier.card.file)
    assert classifier.labels[classifier.scores(picture.pixels).argmax()].label == "Egyptian cat"


LARGE_BLOCKS = """
import ctypes, sys
from pathlib import Path
from model import save_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def use_and_free(size):
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    libc.free(block)

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
if sys.argv[1] == "saving":
    save_memory()
before = resident()
for _ in range(3):  # malloc learns from the first to keep the others
    use_and_free(5 * 2**20)
print(resident() - before)
"""


def kept(how):
    command = [sys.executable, "-c", LARGE_BLOCKS, how]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_large_blocks_go_back_when_they_are_free():
    assert kept("saving") < 2**20 < kept("as it is")


FORK = """
import gc, os
from model import save_memory

save_memory()
os._exit(0) if os.fork() else print(gc.get_freeze_count())
"""


def test_the_collector_leaves_alone_what_processes_share():
    output = subprocess.run([sys.executable, "-c", FORK], check=True, capture_output=True).stdout
    assert int(output) > 10_000


CODE = """
import os, re
from pathlib import Path
from model import save_memory

def resident_code():
    smaps = Path("/proc/self/smaps").read_text()
    return sum(int(size) for size in re.findall(r" r-xp .* /(?:.*\\n)*?Rss: +(\\d+) kB", smaps))

save_memory()
before = resident_code()
os._exit(0) if os.fork() == 0 else print(resident_code() / before)
"""


def test_code_that_only_an_import_ran_does_not_stay_in_the_server_that_forks():
    output = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True).stdout
    assert float(output) < 0.5
