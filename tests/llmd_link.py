"""Speaks with a process llmd without a server in between: for tests of llmd itself, and for measuring it."""
import socket
import struct
import subprocess
import time

from conftest import BINARY

GENERATE, CANCEL, PREPARE, PIECE, DONE, FAILED, INFO = 1, 2, 4, 16, 17, 18, 19


class LlmdLink:
    """A process llmd of one's own, and the other end of its link (src/llm/wire.h says what is spoken there)."""

    def __init__(self, model, *args):
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen([BINARY, "llmd", f"--link-fd={theirs.fileno()}", f"--model={model}", *args],
                                        pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True)
        theirs.close()
        self.socket, self.rest = ours, b""
        ours.settimeout(60)
        kind, _ = self.hear()
        if kind != INFO:
            raise AssertionError("llmd did not come up: " + self.end()[1])

    @classmethod
    def under_control(cls, log, *args):
        """Started as the supervisor does it: the link comes over a control socket. What it logs goes into the file log."""
        link = cls.__new__(cls)
        link.control, control = socket.socketpair()
        with open(log, "wb") as errors:
            link.process = subprocess.Popen([BINARY, "llmd", f"--control-fd={control.fileno()}", *args], pass_fds=[control.fileno()], stderr=errors)
        control.close()
        link.control.settimeout(60)
        if link.control.recv(1) != b"R":
            raise AssertionError("llmd did not come up: " + log.read_text())
        link.socket, theirs = socket.socketpair()
        socket.send_fds(link.control, [b"L"], [theirs.fileno()])
        theirs.close()
        link.socket.settimeout(60)
        link.rest = b""
        if link.hear()[0] != INFO:
            raise AssertionError("llmd does not take the link: " + log.read_text())
        return link

    def hear(self):
        while len(self.rest) < 4 or len(self.rest) < 4 + struct.unpack("<I", self.rest[:4])[0]:
            got = self.socket.recv(65536)
            if not got:
                return None, b""
            self.rest += got
        length = struct.unpack("<I", self.rest[:4])[0]
        message, self.rest = self.rest[4:4 + length], self.rest[4 + length:]
        return message[0], message[1:]

    def send(self, kind, body):
        self.socket.sendall(struct.pack("<IB", 1 + len(body), kind) + body)

    def ask(self, number, text, tokens=8, seconds=60, grammar=b"", fixed=b""):
        deadline = int((time.monotonic() + seconds) * 1e6)
        parts = b"".join(struct.pack("<I", len(part)) + part for part in (fixed, text, grammar, b""))
        self.send(GENERATE, struct.pack("<IIdQq", number, tokens, 0.0, 1, deadline) + parts)

    def end(self):
        self.socket.close()
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


def done_figures(body):
    """What a DONE says: tokens of the prompt, of those from the cache, generated."""
    _, _, prompt, cached, generated = struct.unpack("<5I", body[:20])
    return prompt, cached, generated
