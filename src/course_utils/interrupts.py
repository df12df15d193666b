"""Ctrl-C inside a compiled program.

Python tells the main thread of Ctrl-C, but while a compiled program runs that thread waits inside
JAX and cannot hear. A program that calls back into Python can be stopped there.
"""

import logging
import signal
import socket
import threading
from typing import Any, Self

_jax_log = logging.getLogger("jax._src.callback")


class Interrupts:
    """Hear, from any thread, whether Ctrl-C was pressed since the ``with`` block began.

    Python writes the number of every signal to a socket of our choice, at once, whatever the main
    thread is doing. Outside the main thread, where Python forbids this, nothing is heard.

    References
    ----------
    Python documentation, ``signal.set_wakeup_fd``.
    """

    def __enter__(self) -> Self:
        self.interrupted = False
        self._listens = threading.current_thread() is threading.main_thread()
        if self._listens:
            self._ear, self._mouth = socket.socketpair()
            self._ear.setblocking(False)
            self._mouth.setblocking(False)
            self._before = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
            _jax_log.addFilter(_is_no_interrupt)
        return self

    def __exit__(self, *_: Any) -> None:
        if self._listens:
            signal.set_wakeup_fd(self._before)
            self._ear.close()
            self._mouth.close()
            _jax_log.removeFilter(_is_no_interrupt)

    def stop_if_interrupted(self) -> None:
        """Raise ``KeyboardInterrupt`` in the calling thread if Ctrl-C was pressed."""
        try:
            heard = self._ear.recv(64) if self._listens else b""
        except BlockingIOError:
            return
        if signal.SIGINT in heard:
            self.interrupted = True
            raise KeyboardInterrupt


def _is_no_interrupt(record: logging.LogRecord) -> bool:
    # JAX prints every error of a callback, with all its frames, before it hands the error on.
    return not (record.exc_info and record.exc_info[0] is KeyboardInterrupt)
