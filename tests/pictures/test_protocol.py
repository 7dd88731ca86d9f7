"""Messages between the server and its decoders."""

import signal
import socket
import threading
import time

import pytest

from pictures.protocol import receive_bytes


@pytest.fixture
def interrupt_main_thread():
    """A function that interrupts a system call of the main thread."""
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    yield lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


def test_a_signal_in_the_middle_of_a_message_loses_nothing(interrupt_main_thread):
    ours, theirs = socket.socketpair()

    def send():
        for byte in b"pixels":
            theirs.sendall(bytes([byte]))
            time.sleep(0.02)
            interrupt_main_thread()

    with ours, theirs:
        sender = threading.Thread(target=send)
        sender.start()
        assert receive_bytes(ours, 6) == b"pixels"
        sender.join()


def test_the_end_of_the_connection_in_the_middle_of_a_message_is_an_error():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"pix")
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            receive_bytes(ours, 6)
