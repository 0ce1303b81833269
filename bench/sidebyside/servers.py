"""The servers: how each is configured for the same work, started, and ended by pid."""
import os
import random
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import machine

# What ferryd and ProFTPD read, to the letter.
PROFTPD_CONF = """\
ServerName            "bench"
ServerType            standalone
DefaultServer         on
UseIPv6               off
DefaultAddress        127.0.0.1
SocketBindTight       on
Port                  {port}
User                  nobody
Group                 nogroup
Umask                 022
MaxInstances          30000
TCPBacklog            255
UseReverseDNS         off
TimeoutIdle           3600
TimeoutNoTransfer     3600
TimeoutLogin          600
AuthOrder             mod_auth_file.c
AuthUserFile          {folder}/passwd
AuthGroupFile         {folder}/group
RequireValidShell     off
DefaultRoot           ~
WtmpLog               off
TransferLog           none
SystemLog             none
ScoreboardFile        {folder}/scoreboard
PidFile               {folder}/pid
UseSendfile           on
AllowOverwrite        on
<IfModule mod_delay.c>
  DelayEngine         off
</IfModule>
<IfModule mod_ctrls.c>
  ControlsEngine      off
</IfModule>
"""

VSFTPD_CONF = """\
listen=YES
listen_ipv6=NO
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
local_umask=022
chroot_local_user=YES
allow_writeable_chroot=YES
pam_service_name={service}
secure_chroot_dir={folder}/empty
max_clients=0
max_per_ip=0
xferlog_enable=NO
tcp_wrappers=NO
use_sendfile=YES
idle_session_timeout=3600
data_connection_timeout=300
delay_failed_login=0
delay_successful_login=0
check_shell=NO
nopriv_user=nobody
"""


class Bench:
    """What a server's configuration needs to know of this run."""

    def __init__(self, programs, peers, work, account, group, nice):
        self.programs, self.peers, self.work = programs, peers, work
        self.account, self.group, self.nice = account, group, nice
        self.load = programs / "ftpload"
        self.started = 0

    def folder(self, name):
        self.started += 1
        folder = self.work / f"{name.strip('()').replace(' ', '-')}-{self.started}"
        folder.mkdir(mode=0o755)
        return folder


def proftpd_conf(bench, folder, port, before=""):
    user = bench.account
    (folder / "passwd").write_text(f"{user.name}:{user.hash}:{user.uid}:{user.gid}::{user.home}:/bin/sh\n")
    (folder / "group").write_text(f"{user.name}:x:{user.gid}:{user.name}\n")
    (folder / "passwd").chmod(0o600)
    conf = folder / "ftpd.conf"
    conf.write_text(before + PROFTPD_CONF.format(port=port, folder=folder))
    return str(conf)


def ferryd(bench, folder, port):
    return [f"{bench.programs}/ferryd", "-n", "-q", "-c", proftpd_conf(bench, folder, port)]


def proftpd(bench, folder, port):
    root = bench.peers / "proftpd"
    conf = proftpd_conf(bench, folder, port, f"ModulePath {root}/usr/lib/proftpd\n")
    return [f"{root}/usr/sbin/proftpd", "-n", "-q", "-c", conf]


def vsftpd(bench, folder, port):
    (folder / "empty").mkdir()
    conf = folder / "vsftpd.conf"
    conf.write_text(VSFTPD_CONF.format(port=port, folder=folder, service=machine.PAM_SERVICE))
    return [f"{bench.peers}/vsftpd/usr/sbin/vsftpd", str(conf)]


def pure_ftpd(bench, folder, port):
    root, user = bench.peers / "pure-ftpd", bench.account
    (folder / "passwd").write_text(f"{user.name}:{user.hash}:{user.uid}:{user.gid}::{user.home}/./::::::::::::\n")
    words = ["mkdb", f"{folder}/users", "-f", f"{folder}/passwd"]
    subprocess.run([f"{root}/usr/bin/pure-pw", *words], check=True, env=environment(bench))
    return [f"{root}/usr/sbin/pure-ftpd", "-S", f"127.0.0.1,{port}", "-l", f"puredb:{folder}/users",
            "-c", "30000", "-C", "30000", "-H", "-I", "60", "-L", "2000000:50", "-A", "-E", "-D", "-f", "none",
            "-u", "1", "-g", f"{folder}/pid", "-Y", "0"]


def floor(kind):
    """A server that answers from constants: what the client and the kernel alone cost."""
    return lambda bench, folder, port: [str(bench.load), "null-server", "--addr", f"127.0.0.1:{port}", "--kind", kind,
                                        "--workers", "72", "--secs", "300"]


SERVERS = {"ferryd": ferryd, "pure-ftpd": pure_ftpd, "vsftpd": vsftpd, "proftpd": proftpd}
FLOORS = {"(null prefork)": floor("prefork"), "(null fork)": floor("fork")}
# How the operator sees who is connected, where that works on a folder of its own.
WHO = {
    "ferryd": lambda bench, folder: [f"{bench.programs}/ftpwho", "-v", "-f", f"{folder}/scoreboard"],
    "proftpd": lambda bench, folder: [f"{bench.peers}/proftpd/usr/bin/ftpwho", "-v", "-f", f"{folder}/scoreboard"],
}


def environment(bench):
    libraries = bench.peers / "libraries"
    found = sorted({str(path.parent) for path in libraries.rglob("*.so*")})
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(found)}


class Server:
    """One that runs, from its greeting to its last process."""

    def __init__(self, name, make, bench):
        self.name, self.group = name, bench.group
        self.port = free_port()
        self.folder = bench.folder(name)
        command = make(bench, self.folder, self.port)
        self.output = open(self.folder / "output", "w")

        def child():
            machine.own_session(bench.nice)
            bench.group.enter()
            most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
                                        cwd="/", env=environment(bench), preexec_fn=child)
        self.pid = self.process.pid
        if not self.greets():
            self.stop()
            raise RuntimeError(f"{name} did not start: {(self.folder / 'output').read_text()[-300:]}")

    def greets(self):
        until = time.time() + 10
        while time.time() < until and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 2) as client:
                    client.settimeout(2)
                    if client.recv(100).startswith(b"220"):
                        return True
            except OSError:
                pass
            time.sleep(0.02)
        return False

    def is_alive(self):
        return self.process.poll() is None

    def stop(self):
        mine = descendants(self.pid)
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.end_what_is_left(mine)
        self.output.close()

    def end_what_is_left(self, mine):
        """Sessions outlive their listener with some servers. The group holds nothing but this server's processes."""
        for _ in range(200):
            left = self.group.members() if self.group.folder else [pid for pid in mine if os.path.exists(f"/proc/{pid}")]
            if not left:
                return
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            time.sleep(0.02)


def descendants(pid):
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        parent = int(text[text.rfind(")") + 2:].split()[1])
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, ahead = [], [pid]
    while ahead:
        born = children.get(ahead.pop(), [])
        found += born
        ahead += born
    return found


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
