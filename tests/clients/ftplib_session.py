"""One session with Python's ftplib: HOST PORT USER PASSWORD. Any surprise is an exception."""
import ftplib
import io
import sys

host, port, user, password = sys.argv[1:5]
ftp = ftplib.FTP(timeout=20)
ftp.connect(host, int(port))
ftp.login(user, password)
assert ftp.pwd() == "/", ftp.pwd()
payload = bytes(range(256)) * 4000
ftp.mkd("folder")
ftp.cwd("folder")
ftp.storbinary("STOR file", io.BytesIO(payload))
assert ftp.size("file") == len(payload)
for passive in (True, False):
    ftp.set_pasv(passive)
    received = io.BytesIO()
    ftp.retrbinary("RETR file", received.write)
    assert received.getvalue() == payload
ftp.set_pasv(True)
received = io.BytesIO()
ftp.retrbinary("RETR file", received.write, rest=1000)
assert received.getvalue() == payload[1000:]
ftp.storlines("STOR text", io.BytesIO(b"one\ntwo\n"))
lines = []
ftp.retrlines("RETR text", lines.append)
assert lines == ["one", "two"], lines
assert sorted(ftp.nlst()) == ["file", "text"], ftp.nlst()
listing = []
ftp.dir(listing.append)
assert len(listing) == 2, listing
ftp.rename("text", "renamed")
ftp.delete("renamed")
ftp.delete("file")
ftp.cwd("..")
ftp.rmd("folder")
try:
    ftp.cwd("folder")
    raise AssertionError("the folder is still there")
except ftplib.error_perm as error:
    assert str(error).startswith("550"), error
# ABOR in the middle of a download.
ftp.storbinary("STOR big", io.BytesIO(payload * 16))
data = ftp.transfercmd("RETR big")
data.recv(1000)
ftp.putcmd("ABOR")
data.close()
codes = [ftp.getmultiline()[:3], ftp.getmultiline()[:3]]
assert codes in (["426", "226"], ["226", "226"]), codes
assert ftp.sendcmd("NOOP").startswith("200")
ftp.quit()
