"""Reads a scoreboard with docs/scoreboard.md in hand and nothing of ferryd: prints what it says as JSON."""
import json, mmap, struct, sys, time

STATES = "vacant starting spare greeting login idle busy closing".split()
TOTALS = "connections logins refused downloads uploads bytes_out bytes_in aborted records_lost".split()

REASONS = """shutdown server-down ordered service no-server rule proxy foreign timeout max-instances
max-connection-rate max-connections-per-host max-clients max-clients-per-user max-clients-per-host
max-clients-per-class max-hosts-per-user max-login-attempts max-transfers-per-host max-transfers-per-user
max-retrieve-file-size max-store-file-size no-such-user password no-password root shell expired ftpusers
alias-only anonymous-password home not-logged-in protocol sequence encoding filter path-filter overwrite
restart hidden-store hidden digest absent permission unsuited space range data-address data-connection
failure""".split()

word = lambda board, at: struct.unpack_from("<Q", board, at)[0]
text = lambda page, at, size: page[at:at + size].split(b"\0", 1)[0].decode("utf-8", "replace")
totals = lambda page, at: {name: word(page, at + 8 * number) for number, name in enumerate(TOTALS)}

refusals = lambda page, at: {name: word(page, at + 8 * number) for number, name in enumerate(REASONS)
                             if word(page, at + 8 * number)}

def slot(board, at):
    """A copy under an even, unmoved sequence count; None for a writer that died in mid-sentence."""
    for _ in range(200):
        before = word(board, at)
        page = bytes(board[at:at + 4096])
        if before % 2 == 0 and word(board, at) == before:
            return page
        time.sleep(0.0001)
    return None

def read(path):
    with open(path, "rb") as file:
        board = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    if board[:8] != b"ferrydSB" or word(board, 8) != 4:
        sys.exit(f"{path}: not a scoreboard of this layout")
    births, first, used = word(board, 40), word(board, 48), min(word(board, 152), word(board, 16))
    header = {"master": word(board, 64), "generation": word(board, 128), "totals": totals(board, 200),
              "refusals": refusals(board, 1216), "slots": []}
    for number in range(used):
        page = slot(board, first + number * 4096)
        if page and word(page, 24):
            pid = struct.unpack_from("<I", board, births + 4 * number)[0]
            header["slots"].append({"pid": pid, "state": STATES[word(page, 24)], "user": text(page, 256, 128),
                                    "port": word(page, 48) >> 16, "command": text(page, 848, 16),
                                    "cwd": text(page, 1664, 768), "totals": totals(page, 128),
                                    "refusals": refusals(page, 3456)})
    return header

print(json.dumps(read(sys.argv[1])))
