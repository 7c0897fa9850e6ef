//! A socket for datagrams from processes of this machine, each with the user who sent it.
//!
//! The standard library can bind and send, but neither asks for the sender nor sees that a datagram was cut.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Room for the sender's mark and for nothing else: `CMSG_SPACE(sizeof(struct ucred))`, in words so that it is aligned.
///
/// The kernel puts the mark first (unix(7), `SO_PASSCRED`). Descriptors that come along (`SCM_RIGHTS`) find no room,
/// and the kernel closes them without ever giving them to this process: as many as they are, they cannot use up its
/// own, and a sender who waits for that (`sd_notify_barrier(3)`) goes on at once.
const MARK: usize = 4;

/// The receiving end.
#[derive(Debug)]
pub struct Datagrams(UnixDatagram);

/// What came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Bytes in the buffer.
    pub length: usize,
    /// Whether that is all of it.
    pub whole: bool,
    /// The user who sent it, as the kernel saw it.
    pub sender: Option<u32>,
}

impl Datagrams {
    /// A socket with this path, which must not be there yet.
    pub fn bind(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::bind(path)?;
        let on: libc::c_int = 1;
        // SAFETY: the pointer and the length are those of a number that lives through the call.
        let result = unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PASSCRED,
                (&raw const on).cast(),
                libc::socklen_t::try_from(size_of_val(&on)).unwrap_or(4),
            )
        };
        if result == 0 { Ok(Self(socket)) } else { Err(io::Error::last_os_error()) }
    }

    /// The next datagram, if there is one. Never blocks.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<Arrival>> {
        let mut mark = [0_u64; MARK];
        let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
        // SAFETY: all bytes zero is a valid header; the pointers put into it outlive the call, and their lengths are
        // those of what they point to. The kernel's answer tells what of the mark may be read.
        unsafe {
            let mut header: libc::msghdr = std::mem::zeroed();
            header.msg_iov = &raw mut part;
            header.msg_iovlen = 1;
            header.msg_control = mark.as_mut_ptr().cast();
            header.msg_controllen = size_of_val(&mark) as _;
            let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
            let length = libc::recvmsg(self.0.as_raw_fd(), &raw mut header, flags);
            let Ok(length) = usize::try_from(length) else {
                let error = io::Error::last_os_error();
                return match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(None),
                    _ => Err(error),
                };
            };
            let whole = header.msg_flags & libc::MSG_TRUNC == 0;
            Ok(Some(Arrival { length, whole, sender: sender(&header) }))
        }
    }
}

/// # Safety
///
/// The header is one that `recvmsg` has filled, and its buffers are still there.
unsafe fn sender(header: &libc::msghdr) -> Option<u32> {
    // SAFETY: the first control message, if there is room for one, lies in the buffer; its length says that it is whole.
    unsafe {
        let first = libc::CMSG_FIRSTHDR(header);
        let control = first.as_ref()?;
        let length = libc::CMSG_LEN(u32::try_from(size_of::<libc::ucred>()).ok()?);
        let is_mark = control.cmsg_level == libc::SOL_SOCKET
            && control.cmsg_type == libc::SCM_CREDENTIALS
            && control.cmsg_len as u64 >= u64::from(length);
        is_mark.then(|| libc::CMSG_DATA(first).cast::<libc::ucred>().read_unaligned().uid)
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (tempfile::TempDir, Datagrams, UnixDatagram) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let datagrams = Datagrams::bind(&path).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        sender.connect(&path).unwrap();
        (dir, datagrams, sender)
    }

    #[test]
    fn datagrams_come_in_order_with_their_sender_and_whether_they_are_whole() {
        let (_dir, datagrams, sender) = pair();
        let mut buffer = [0; 8];
        assert_eq!(datagrams.receive(&mut buffer).unwrap(), None);
        for text in [&b"one"[..], b"", b"12345678", b"123456789"] {
            sender.send(text).unwrap();
        }
        let own = Some(nix::unistd::getuid().as_raw());
        for (length, whole) in [(3, true), (0, true), (8, true), (8, false)] {
            let arrival = datagrams.receive(&mut buffer).unwrap();
            assert_eq!(arrival, Some(Arrival { length, whole, sender: own }));
        }
        assert_eq!(datagrams.receive(&mut buffer).unwrap(), None);
    }

    #[test]
    fn descriptors_that_come_along_are_closed_before_they_are_here() {
        let (dir, datagrams, sender) = pair();
        let (mut theirs, ours) = io::pipe().unwrap();
        send_with(&sender, b"BARRIER=1", &[ours.as_raw_fd(); 20]);
        drop(ours);
        let arrival = datagrams.receive(&mut [0; 64]).unwrap().unwrap();
        assert_eq!((arrival.length, arrival.sender.is_some()), (9, true));
        // The end of the pipe: nobody holds its other end any more.
        assert_eq!(io::Read::read(&mut theirs, &mut [0]).unwrap(), 0);
        drop(dir);
    }

    fn send_with(socket: &UnixDatagram, text: &[u8], descriptors: &[i32]) {
        let mut space = [0_u64; 64];
        let bytes = u32::try_from(size_of_val(descriptors)).unwrap();
        let mut part = libc::iovec { iov_base: text.as_ptr().cast_mut().cast(), iov_len: text.len() };
        // SAFETY: as in `receive`; the descriptors fit into the space.
        unsafe {
            let mut header: libc::msghdr = std::mem::zeroed();
            header.msg_iov = &raw mut part;
            header.msg_iovlen = 1;
            header.msg_control = space.as_mut_ptr().cast();
            header.msg_controllen = libc::CMSG_SPACE(bytes) as _;
            let first = libc::CMSG_FIRSTHDR(&raw const header);
            (*first).cmsg_level = libc::SOL_SOCKET;
            (*first).cmsg_type = libc::SCM_RIGHTS;
            (*first).cmsg_len = libc::CMSG_LEN(bytes) as _;
            let bytes =
                std::slice::from_raw_parts(descriptors.as_ptr().cast::<u8>(), size_of_val(descriptors));
            libc::CMSG_DATA(first).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            assert!(libc::sendmsg(socket.as_raw_fd(), &raw const header, 0) > 0);
        }
    }
}
