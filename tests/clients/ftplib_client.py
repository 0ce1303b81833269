"""Does one thing with Python's ftplib in the folder it runs in: ACTION HOST PORT PASSWORD [NAME...]. Any surprise is an exception."""
import ftplib
import os
import sys

action, host, port, password, *names = sys.argv[1:]
ftp = ftplib.FTP(timeout=30)
ftp.connect(host, int(port))
ftp.login("alice", password)


def get(name, local, rest=None):
    with open(local, "ab" if rest else "wb") as file:
        ftp.retrbinary("RETR " + name, file.write, rest=rest)


def put(local, name, rest=None):
    with open(local, "rb") as file:
        file.seek(rest or 0)
        ftp.storbinary("STOR " + name, file, rest=rest)


def is_folder(name):
    try:
        ftp.cwd(name)
    except ftplib.error_perm:
        return False
    ftp.cwd("/")
    return True


def tree_down(folder, local):
    os.mkdir(local)
    for name in sorted(ftp.nlst(folder)):
        below = os.path.join(local, os.path.basename(name))
        if is_folder("/" + name):
            tree_down(name, below)
        else:
            get(name, below)


def tree_up(local, folder):
    ftp.mkd(folder)
    for name in sorted(os.listdir(local)):
        here, there = os.path.join(local, name), folder + "/" + name
        if os.path.isdir(here):
            tree_up(here, there)
        else:
            put(here, there)


if action == "list":
    ftp.dir()
    print("\n".join(ftp.nlst()))
elif action == "facts":
    for name, facts in ftp.mlsd(facts=["type", "size", "modify", "perm", "unique"]):
        assert facts["type"] in ("file", "cdir", "pdir") and len(facts["modify"]) == 14 and facts["unique"], facts
        print("", facts.get("size"), name)
elif action == "get":
    for name in names:
        get(name, name)
elif action == "put":
    for name in names:
        put(name, name)
elif action == "reget":
    get(names[0], names[0], os.path.getsize(names[0]))
elif action == "reput":
    # Sizes are of the binary file.
    ftp.voidcmd("TYPE I")
    put(names[0], names[0], ftp.size(names[0]))
elif action == "rename":
    ftp.mkd("folder")
    ftp.rename(names[0], "folder/other name")
elif action == "delete":
    ftp.delete(names[0])
    ftp.mkd("folder")
    ftp.rmd("folder")
elif action == "tree-down":
    tree_down("tree", "tree")
elif action == "tree-up":
    tree_up("tree", "tree")
elif action in ("passive", "active"):
    ftp.set_pasv(action == "passive")
    get(names[0], names[0])
else:
    raise SystemExit("no such action: " + action)
ftp.quit()
