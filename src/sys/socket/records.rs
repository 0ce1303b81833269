//! The datagrams that the daemon's processes send one another, with descriptors and the kernel's word for who sent them.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::libc;
use nix::sys::socket::{
    self as net, AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, UnixAddr, sockopt,
};

use crate::sys::{GroupId, ProcessId, UserId};

/// Who sent a datagram, by the kernel's word (SO_PASSCRED, unix(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The sending process.
    pub pid: ProcessId,
    /// Its uid at that moment.
    pub uid: UserId,
    /// Its gid at that moment.
    pub gid: GroupId,
}

/// A datagram that arrived.
#[derive(Debug)]
pub struct Received {
    /// Bytes in the buffer; 0 on a sequenced-packet socket means that the other end is gone.
    pub length: usize,
    /// The datagram, or its descriptors, did not fit.
    pub truncated: bool,
    /// With SO_PASSCRED set on the receiving end.
    pub sender: Option<Sender>,
    /// Passed by SCM_RIGHTS, close-on-exec.
    pub descriptors: Vec<OwnedFd>,
}

/// Most descriptors that one message carries here.
const DESCRIPTORS_MAX: usize = 4;
/// Room for those and the sender's credentials: a header of 16 bytes each, both data 16 bytes at most, in words of 8.
const CONTROL_WORDS: usize = 8;
const _: () = assert!(DESCRIPTORS_MAX * size_of::<RawFd>() == 16 && size_of::<libc::ucred>() <= 16);

/// Two connected datagram sockets: boundaries kept, no end of file, nothing to break.
pub fn datagram_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(net::socketpair(AddressFamily::Unix, SockType::Datagram, None, SockFlag::SOCK_CLOEXEC)?)
}

/// Two connected sequenced-packet sockets: boundaries kept, and an end of file when the peer has gone.
pub fn seqpacket_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(net::socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?)
}

/// Has the kernel add the sender's credentials to what arrives here.
pub fn pass_credentials(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(net::setsockopt(&socket, sockopt::PassCred, &true)?)
}

/// Sends one whole datagram; never raises SIGPIPE. Without `wait` a full queue is `WouldBlock`.
pub fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
    wait: bool,
) -> io::Result<()> {
    let raw: Vec<RawFd> = descriptors.iter().map(|d| d.as_raw_fd()).collect();
    let rights = [ControlMessage::ScmRights(&raw)];
    let control: &[ControlMessage<'_>] = if raw.is_empty() { &[] } else { &rights };
    let flags = if wait { MsgFlags::MSG_NOSIGNAL } else { MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT };
    let sent = net::sendmsg::<UnixAddr>(socket.as_raw_fd(), &[IoSlice::new(bytes)], control, flags, None)?;
    if sent == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives one datagram with whatever travelled with it. Descriptors beyond [`DESCRIPTORS_MAX`] never reach this process;
/// nix would leave those that did open and unnamed (its `cmsgs` gives up at MSG_CTRUNC), so that any sender could use up
/// the receiver's table.
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8], wait: bool) -> io::Result<Received> {
    let mut space = [0_u64; CONTROL_WORDS];
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: a header of zeros is one without name, parts or control space.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &mut part;
    header.msg_iovlen = 1;
    header.msg_control = space.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&space);
    let flags = libc::MSG_CMSG_CLOEXEC | if wait { 0 } else { libc::MSG_DONTWAIT };
    // SAFETY: the header names one part and one control space, with their true sizes, which outlive the call.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &mut header, flags) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    let truncated = header.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0;
    let mut received = Received { length, truncated, sender: None, descriptors: Vec::new() };
    // SAFETY: the kernel has filled the header's control space, aligned as its messages are, up to its msg_controllen; the
    // macros stay within it (cmsg(3)).
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(&header);
        while !control.is_null() {
            received.take(control);
            control = libc::CMSG_NXTHDR(&header, control);
        }
    }
    Ok(received)
}

impl Received {
    /// # Safety
    ///
    /// `control` must be a control message that the kernel has just written, and each may be taken once.
    unsafe fn take(&mut self, control: *const libc::cmsghdr) {
        // SAFETY: by the caller's promise the message is whole: its length counts the header and the data it holds, of the
        // type that its own type names, and its descriptors are new and known to nobody else.
        unsafe {
            let data = libc::CMSG_DATA(control);
            let length = (*control).cmsg_len - libc::CMSG_LEN(0) as usize;
            match ((*control).cmsg_level, (*control).cmsg_type) {
                (libc::SOL_SOCKET, libc::SCM_RIGHTS) => {
                    let first: *const RawFd = data.cast();
                    let raw = (0..length / size_of::<RawFd>()).map(|index| first.add(index).read_unaligned());
                    self.descriptors.extend(raw.map(|fd| OwnedFd::from_raw_fd(fd)));
                }
                (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) if length >= size_of::<libc::ucred>() => {
                    let who: libc::ucred = data.cast::<libc::ucred>().read_unaligned();
                    self.sender =
                        Some(Sender { pid: ProcessId(who.pid), uid: UserId(who.uid), gid: GroupId(who.gid) });
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_datagram_brings_its_descriptor_and_its_sender() {
        let (near, far) = datagram_pair().unwrap();
        pass_credentials(far.as_fd()).unwrap();
        let (reply, answer) = seqpacket_pair().unwrap();
        send(near.as_fd(), b"question", &[reply.as_fd()], false).unwrap();
        let mut buffer = [0; 32];
        let received = receive(far.as_fd(), &mut buffer, false).unwrap();
        assert_eq!(&buffer[..received.length], b"question");
        assert_eq!(received.sender.unwrap().pid, ProcessId(std::process::id() as i32));
        drop(reply);
        send(received.descriptors[0].as_fd(), b"answer", &[], false).unwrap();
        drop(received);
        assert_eq!(receive(answer.as_fd(), &mut buffer, false).unwrap().length, 6);
        assert_eq!(receive(answer.as_fd(), &mut buffer, false).unwrap().length, 0);
    }

    #[test]
    fn a_record_that_does_not_fit_is_marked() {
        let (near, far) = datagram_pair().unwrap();
        send(near.as_fd(), &[7; 64], &[], false).unwrap();
        assert!(receive(far.as_fd(), &mut [0; 16], false).unwrap().truncated);
        assert_eq!(receive(far.as_fd(), &mut [0; 16], false).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn no_descriptor_outlives_a_datagram_that_brings_too_many() {
        let (near, far) = datagram_pair().unwrap();
        pass_credentials(far.as_fd()).unwrap();
        for count in [1, 4, 5, 9, 100, 253] {
            let (reader, writer) = io::pipe().unwrap();
            send(near.as_fd(), b"flood", &vec![writer.as_fd(); count], false).unwrap();
            drop(writer);
            let received = receive(far.as_fd(), &mut [0; 16], false).unwrap();
            assert!(received.sender.is_some(), "{count}");
            drop(received);
            let mut waiting = [crate::sys::poll::Waiting::to_read(reader.as_fd())];
            assert_eq!(
                crate::sys::poll::wait(&mut waiting, Some(Duration::ZERO)).unwrap(),
                1,
                "{count} leaked"
            );
        }
    }
}
