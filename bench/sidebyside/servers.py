"""The servers: how each is configured for the same work, what it is, and what it is asked about."""
import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

from . import machine

# What ferryd and ProFTPD read, to the letter.
PROFTPD_CONF = """\
ServerName            "bench"
ServerIdent           on "{greeting}"
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

# Limits that are never reached, and must be counted all the same.
PROFTPD_LIMITS = """\
MaxClientsPerUser     29000
MaxClientsPerHost     29000
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
ftpd_banner={greeting}
"""

# Without the namespaces and the filter that it makes anew for each session.
VSFTPD_BARE = """\
isolate=NO
isolate_network=NO
seccomp_sandbox=NO
"""


@dataclass
class Bench:
    """What a server's configuration needs to know of this run."""
    programs: Path
    peers: Path
    work: Path
    account: machine.Account
    group: machine.ControlGroup
    nice: int
    # Of everything that takes its time, a taste.
    quick: bool = False
    started: int = 0

    @property
    def load(self):
        return self.programs / "ftpload"

    def folder(self, name):
        self.started += 1
        folder = self.work / f"{''.join(letter for letter in name if letter.isalnum())}-{self.started}"
        folder.mkdir(mode=0o755)
        return folder


@dataclass(frozen=True)
class Kind:
    """A row of the tables: `command` writes the configuration and says how the server is started."""
    command: Callable
    # Each session is a process of its own.
    forks: bool = False
    # Something that answers from constants, or no server at all: what the machine can do.
    is_limit: bool = False
    # Below the folder of peers; a server that is not there is left out.
    program: str = ""
    # How the operator sees who is connected, where that works on a folder of its own.
    who: Callable | None = None
    # SIGHUP makes it read its configuration again, the greeting with it.
    reloads: bool = False

    def is_there(self, peers):
        return not self.program or (peers / self.program).exists()


def proftpd_conf(bench, folder, port, greeting="", before="", after=""):
    user = bench.account
    (folder / "passwd").write_text(f"{user.name}:{user.hash}:{user.uid}:{user.gid}::{user.home}:/bin/sh\n")
    (folder / "group").write_text(f"{user.name}:x:{user.gid}:{user.name}\n")
    (folder / "passwd").chmod(0o600)
    conf = folder / "ftpd.conf"
    conf.write_text(before + PROFTPD_CONF.format(port=port, folder=folder, greeting=greeting or "bench") + after)
    return str(conf)


def ferryd(program=None, after=""):
    def command(bench, folder, port, greeting=""):
        conf = proftpd_conf(bench, folder, port, greeting, after=after)
        return [str(program or bench.programs / "ferryd"), "-n", "-q", "-c", conf]
    return command


def proftpd(after=""):
    def command(bench, folder, port, greeting=""):
        root = bench.peers / "proftpd"
        conf = proftpd_conf(bench, folder, port, greeting, f"ModulePath {root}/usr/lib/proftpd\n", after)
        return [f"{root}/usr/sbin/proftpd", "-n", "-q", "-c", conf]
    return command


def vsftpd(after=""):
    def command(bench, folder, port, greeting=""):
        (folder / "empty").mkdir(exist_ok=True)
        conf = folder / "vsftpd.conf"
        conf.write_text(VSFTPD_CONF.format(port=port, folder=folder, service=machine.PAM_SERVICE,
                                           greeting=greeting or "bench") + after)
        return [f"{bench.peers}/vsftpd/usr/sbin/vsftpd", str(conf)]
    return command


def pure_ftpd(bench, folder, port):
    root, user = bench.peers / "pure-ftpd", bench.account
    (folder / "passwd").write_text(f"{user.name}:{user.hash}:{user.uid}:{user.gid}::{user.home}/./::::::::::::\n")
    words = ["mkdb", f"{folder}/users", "-f", f"{folder}/passwd"]
    subprocess.run([f"{root}/usr/bin/pure-pw", *words], check=True, env=with_libraries(bench))
    return [f"{root}/usr/sbin/pure-ftpd", "-S", f"127.0.0.1,{port}", "-l", f"puredb:{folder}/users",
            "-c", "30000", "-C", "30000", "-H", "-I", "60", "-L", "2000000:50", "-A", "-E", "-D", "-f", "none",
            "-u", "1", "-g", f"{folder}/pid", "-Y", "0"]


def unftp(bench, folder, port):
    accounts = folder / "accounts.json"
    accounts.write_text(json.dumps([{"username": bench.account.name, "password": bench.account.password}]))
    return [f"{bench.peers}/unftp/bin/unftp", "--bind-address", f"127.0.0.1:{port}", "--bind-address-http",
            f"127.0.0.1:{port + 1}", "--root-dir", str(bench.account.home), "--auth-type", "json",
            "--auth-json-path", str(accounts), "--idle-session-timeout", "3600", "--passive-ports", "20000-30000",
            "--log-level", "error"]


def pyftpdlib(bench, folder, port):
    user = bench.account
    return [f"{bench.peers}/pyftpdlib/bin/python", str(Path(__file__).with_name("pyftpdlib_server.py")), str(port),
            str(user.home), user.name, user.hash]


def null(kind):
    return lambda bench, folder, port: [str(bench.load), "null-server", "--addr", f"127.0.0.1:{port}",
                                        "--kind", kind, "--workers", "72", "--secs", "300", "--home", str(bench.account.home)]


def own_who(bench, folder):
    return [f"{bench.programs}/ftpwho", "-f", f"{folder}/scoreboard"]


def proftpd_who(bench, folder):
    return [f"{bench.peers}/proftpd/usr/bin/ftpwho", "-f", f"{folder}/scoreboard"]


FERRYD = Kind(ferryd(), forks=True, who=own_who, reloads=True)
PROFTPD = Kind(proftpd(), forks=True, program="proftpd/usr/sbin/proftpd", who=proftpd_who, reloads=True)
VSFTPD = Kind(vsftpd(), forks=True, program="vsftpd/usr/sbin/vsftpd", reloads=True)

SERVERS = {
    "ferryd": FERRYD,
    "pure-ftpd": Kind(pure_ftpd, forks=True, program="pure-ftpd/usr/sbin/pure-ftpd"),
    "vsftpd": VSFTPD,
    "vsftpd-bare": replace(VSFTPD, command=vsftpd(VSFTPD_BARE)),
    "proftpd": PROFTPD,
    "unftp": Kind(unftp, program="unftp/bin/unftp"),
    "pyftpdlib": Kind(pyftpdlib, program="pyftpdlib/bin/ftpbench"),
}
# The same servers, made to count their sessions by account and by host.
LIMITED = {
    "ferryd, limits": replace(FERRYD, command=ferryd(after=PROFTPD_LIMITS)),
    "proftpd, limits": replace(PROFTPD, command=proftpd(after=PROFTPD_LIMITS)),
}
LIMITS = {
    "(null prefork)": Kind(null("prefork"), is_limit=True),
    "(null fork)": Kind(null("fork"), is_limit=True),
    # No server: see loads.Load.
    "(sendfile)": Kind(lambda *_: [], is_limit=True),
}
KINDS = {**SERVERS, **LIMITED, **LIMITS}


def with_libraries(bench):
    """Debian's servers were not installed, nor were their libraries."""
    found = sorted({str(path.parent) for path in (bench.peers / "libraries").rglob("*.so*")})
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(found)}


def environment(kind, bench):
    return with_libraries(bench) if kind.program else dict(os.environ)
