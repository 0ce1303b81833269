"""pyftpdlib with an account whose password is hashed like that of the others. Run by its own Python: PORT HOME USER HASH."""
import ctypes
import ctypes.util
import hmac
import logging
import sys

from pyftpdlib.authorizers import AuthenticationFailed, DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

port, home, user, hashed = sys.argv[1:5]
library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
library.crypt.restype = ctypes.c_char_p
library.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]


class Hashed(DummyAuthorizer):
    def validate_authentication(self, username, password, handler):
        if not hmac.compare_digest(library.crypt(password.encode(), hashed.encode()).decode(), hashed):
            raise AuthenticationFailed("no")


logging.disable(logging.CRITICAL)
authorizer = Hashed()
authorizer.add_user(user, "unused", home, perm="elradfmwMT")
FTPHandler.authorizer = authorizer
FTPHandler.timeout = 3600
# The kernel would look for a port the longer the more connections there have been, those of other servers too.
FTPHandler.passive_ports = range(20000, 21000)
server = FTPServer(("127.0.0.1", int(port)), FTPHandler, backlog=4096)
server.max_cons = server.max_cons_per_ip = 0
server.serve_forever()
