//! A small blocking FTP client: just enough protocol to load a server.
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd};

pub type R<T> = Result<T, String>;
/// Where downloaded bytes go.
pub type Sink<'a> = &'a mut dyn FnMut(&[u8]);

#[derive(Clone)]
pub struct Target {
    pub addr: SocketAddrV4,
    pub user: String,
    pub pass: String,
    pub nsrc: u32,
    pub pasv: bool,
    pub timeout: u32,
}

pub fn src_ip(t: &Target, i: usize) -> Option<Ipv4Addr> {
    (t.nsrc > 1).then(|| Ipv4Addr::new(127, 0, 0, 2 + (i as u32 % t.nsrc.min(250)) as u8))
}

pub fn connect(addr: SocketAddrV4, src: Option<Ipv4Addr>, tmo: u32) -> io::Result<TcpStream> {
    // SAFETY: plain socket calls on a descriptor that this function owns.
    unsafe {
        let fd = libc::socket(libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        let s = TcpStream::from_raw_fd(fd);
        let one: libc::c_int = 1;
        let sz = std::mem::size_of::<libc::c_int>() as u32;
        let p = &one as *const _ as *const libc::c_void;
        libc::setsockopt(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, p, sz);
        let tv = libc::timeval { tv_sec: tmo as _, tv_usec: 0 };
        let tp = &tv as *const _ as *const libc::c_void;
        let tz = std::mem::size_of::<libc::timeval>() as u32;
        libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_SNDTIMEO, tp, tz);
        libc::setsockopt(fd, libc::SOL_SOCKET, libc::SO_RCVTIMEO, tp, tz);
        let mk = |a: Ipv4Addr, port: u16| libc::sockaddr_in {
            sin_family: libc::AF_INET as _,
            sin_port: port.to_be(),
            sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(a.octets()) },
            sin_zero: [0; 8],
        };
        let salen = std::mem::size_of::<libc::sockaddr_in>() as u32;
        if let Some(ip) = src {
            libc::setsockopt(fd, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, p, sz);
            let sa = mk(ip, 0);
            if libc::bind(fd, &sa as *const _ as *const libc::sockaddr, salen) < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        let sa = mk(*addr.ip(), addr.port());
        if libc::connect(fd, &sa as *const _ as *const libc::sockaddr, salen) < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(s)
    }
}

pub struct Ctl {
    conn: TcpStream,
    buf: Vec<u8>,
    pos: usize,
    src: Option<Ipv4Addr>,
}

fn e2s(stage: &str) -> impl Fn(io::Error) -> String + '_ {
    move |e| match e.kind() {
        io::ErrorKind::InvalidData => format!("{stage}: {e}"),
        k => format!("{stage}: {k}"),
    }
}

impl Ctl {
    /// Connects and reads the greeting.
    pub fn open(t: &Target, i: usize) -> R<Ctl> {
        let src = src_ip(t, i);
        let s = connect(t.addr, src, t.timeout).map_err(e2s("connect"))?;
        let mut c = Ctl { conn: s, buf: Vec::with_capacity(512), pos: 0, src };
        c.expect_reply("banner", 2)?;
        Ok(c)
    }
    pub fn reply(&mut self) -> io::Result<(u16, String)> {
        let mut first: Option<String> = None;
        loop {
            let line = self.line()?;
            let code_ok = line.len() >= 3 && line.as_bytes()[..3].iter().all(u8::is_ascii_digit);
            match &first {
                None => {
                    if !code_ok {
                        return Err(io::Error::new(io::ErrorKind::InvalidData, "bad reply"));
                    }
                    if line.as_bytes().get(3) == Some(&b'-') {
                        first = Some(line[..3].to_string());
                        continue;
                    }
                }
                Some(f) => {
                    if !(code_ok && line.starts_with(f.as_str()) && line.as_bytes().get(3) != Some(&b'-')) {
                        continue;
                    }
                }
            }
            let code = line[..3].parse().unwrap_or(0);
            return Ok((code, line));
        }
    }
    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(n) = self.buf[self.pos..].iter().position(|&b| b == b'\n') {
                let s = String::from_utf8_lossy(&self.buf[self.pos..self.pos + n]).trim_end().to_string();
                self.pos += n + 1;
                if self.pos == self.buf.len() {
                    self.buf.clear();
                    self.pos = 0;
                }
                return Ok(s);
            }
            let mut tmp = [0u8; 2048];
            let n = self.conn.read(&mut tmp)?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.buf.extend_from_slice(&tmp[..n]);
        }
    }
    pub fn expect_reply(&mut self, stage: &str, class: u16) -> R<String> {
        let (c, l) = self.reply().map_err(e2s(stage))?;
        if c / 100 == class {
            Ok(l)
        } else {
            Err(format!("{stage}: reply {}", l.chars().take(60).collect::<String>()))
        }
    }
    pub fn send(&mut self, cmd: &str) -> R<()> {
        let b = format!("{cmd}\r\n");
        self.conn.write_all(b.as_bytes()).map_err(e2s("send"))
    }
    pub fn cmd(&mut self, cmd: &str, class: u16) -> R<String> {
        let stage = cmd.split(' ').next().unwrap_or(cmd);
        self.send(cmd).map_err(|e| format!("{stage} {e}"))?;
        self.expect_reply(stage, class)
    }
    pub fn login(&mut self, t: &Target) -> R<()> {
        self.send(&format!("USER {}", t.user))?;
        let (c, l) = self.reply().map_err(e2s("USER"))?;
        if c == 331 {
            self.cmd(&format!("PASS {}", t.pass), 2)?;
        } else if c != 230 {
            return Err(format!("USER: reply {l}"));
        }
        Ok(())
    }
    pub fn quit(&mut self) -> R<()> {
        self.cmd("QUIT", 2).map(|_| ())
    }
    /// Asks for a passive port and connects to it.
    pub fn data(&mut self, t: &Target) -> R<TcpStream> {
        let port = if t.pasv {
            let l = self.cmd("PASV", 2)?;
            let a = l.find('(').map(|i| &l[i + 1..]).unwrap_or(&l[4..]);
            let nums: Vec<u16> =
                a.split(|c: char| !c.is_ascii_digit()).filter_map(|x| x.parse().ok()).collect();
            if nums.len() < 6 {
                return Err(format!("PASV: reply {l}"));
            }
            nums[4] * 256 + nums[5]
        } else {
            let l = self.cmd("EPSV", 2)?;
            l.split('|').nth(3).and_then(|x| x.parse().ok()).ok_or(format!("EPSV: reply {l}"))?
        };
        connect(SocketAddrV4::new(*t.addr.ip(), port), self.src, t.timeout).map_err(e2s("data connect"))
    }
    /// RETR or a listing: every byte goes to `sink`, or nowhere when it is None.
    pub fn download(&mut self, t: &Target, cmd: &str, sink: Option<Sink>) -> R<u64> {
        let d = self.data(t)?;
        self.cmd(cmd, 1)?;
        let n = match sink {
            // Close at end of file, before the reply: servers wait for that.
            None => discard(d),
            Some(f) => pump(&mut { d }, 256 << 10, f),
        }
        .map_err(e2s("data read"))?;
        self.expect_reply("transfer end", 2)?;
        Ok(n)
    }
    /// STOR of `len` bytes taken from the memory file `mem` (of `memlen` bytes), over and over.
    pub fn upload(&mut self, t: &Target, cmd: &str, mem: &Source, len: u64) -> R<()> {
        let d = self.data(t)?;
        self.cmd(cmd, 1)?;
        send_mem(&d, mem, len).map_err(e2s("data write"))?;
        d.shutdown(Shutdown::Write).map_err(e2s("data shutdown"))?;
        drop(d);
        self.expect_reply("transfer end", 2).map(|_| ())
    }
}

pub struct Source {
    pub file: std::fs::File,
    pub bytes: Vec<u8>,
}
impl Source {
    pub fn new(len: usize) -> Source {
        let bytes: Vec<u8> = (0..len).map(|i| (i * 7 + (i >> 8)) as u8).collect();
        // SAFETY: memfd_create returns a fresh descriptor that File then owns.
        let mut file = unsafe {
            let fd = libc::memfd_create(c"ftpload".as_ptr(), libc::MFD_CLOEXEC);
            assert!(fd >= 0);
            std::fs::File::from_raw_fd(fd)
        };
        file.write_all(&bytes).expect("memfd");
        Source { file, bytes }
    }
}

fn send_mem(d: &TcpStream, mem: &Source, len: u64) -> io::Result<()> {
    let mut left = len;
    let ml = mem.bytes.len() as u64;
    let mut off: i64 = 0;
    while left > 0 {
        let n = left.min(ml - off as u64) as usize;
        // SAFETY: both descriptors are open and the offset is a local.
        let r = unsafe { libc::sendfile(d.as_raw_fd(), mem.file.as_raw_fd(), &mut off, n) };
        if r <= 0 {
            return Err(io::Error::last_os_error());
        }
        left -= r as u64;
        if off as u64 >= ml {
            off = 0;
        }
    }
    Ok(())
}

pub fn discard(d: TcpStream) -> io::Result<u64> {
    let mut n = 0u64;
    let mut b = [0u8; 64];
    loop {
        // SAFETY: with MSG_TRUNC TCP drops the bytes and writes nothing to the buffer.
        let r = unsafe { libc::recv(d.as_raw_fd(), b.as_mut_ptr() as *mut _, 4 << 20, libc::MSG_TRUNC) };
        if r < 0 {
            let e = io::Error::last_os_error();
            if e.kind() == io::ErrorKind::Interrupted {
                continue;
            }
            return Err(e);
        }
        if r == 0 {
            return Ok(n);
        }
        n += r as u64;
    }
}

fn pump(s: &mut TcpStream, cap: usize, f: Sink) -> io::Result<u64> {
    let mut b = vec![0u8; cap];
    let mut n = 0u64;
    loop {
        let r = s.read(&mut b)?;
        if r == 0 {
            return Ok(n);
        }
        n += r as u64;
        f(&b[..r]);
    }
}
