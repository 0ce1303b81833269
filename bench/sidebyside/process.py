"""A server that runs: from its start to its last process, which is ended by pid."""
import os
import random
import resource
import signal
import socket
import subprocess
import time

from . import machine
from .servers import environment


class Server:
    def __init__(self, name, kind, bench):
        self.name, self.kind, self.bench = name, kind, bench
        self.port, self.folder = free_port(), bench.folder(name)
        command = kind.command(bench, self.folder, self.port)
        self.output = open(self.folder / "output", "w")
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
                                        cwd="/", env=environment(kind, bench), preexec_fn=self.in_child)
        self.pid = self.process.pid
        if not self.comes_up():
            self.stop()
            raise RuntimeError(f"{name} did not start: {(self.folder / 'output').read_text()[-300:]}")
        self.start_ms = (time.perf_counter() - began) * 1e3

    def in_child(self):
        # Whoever started this may ignore it (nohup), and a server would inherit that.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        machine.own_session(self.bench.nice)
        self.bench.group.enter()
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def comes_up(self):
        until = time.time() + 10
        while time.time() < until and self.is_alive():
            if self.greeting().startswith(b"220"):
                return True
            time.sleep(0.001)
        return False

    def greeting(self):
        """What a client reads first; nothing where it is refused."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as client:
                client.settimeout(2)
                return client.recv(200)
        except OSError:
            return b""

    def is_alive(self):
        return self.process.poll() is None

    def reload(self, greeting=""):
        """SIGHUP, after its configuration was told another greeting where one is given."""
        if greeting:
            self.kind.command(self.bench, self.folder, self.port, greeting)
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.end_what_is_left()
        self.output.close()

    def end_what_is_left(self):
        """Sessions outlive their listener with some servers. The group holds nothing but this server's processes."""
        for _ in range(200):
            left = self.bench.group.members()
            if not left:
                return
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            time.sleep(0.02)


def free_port():
    for _ in range(100):
        port = random.randrange(10240, 19000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")
