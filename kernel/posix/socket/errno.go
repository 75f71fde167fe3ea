package socket

import (
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// errno gives Linux's error number for what the stack reports. ErrClosedForReceive
// is end of file, not an error, so it maps to 0; callers that must tell it apart
// ask for it before.
func errno(err tcpip.Error) syscall.Errno {
	switch err.(type) {
	case nil, *tcpip.ErrClosedForReceive:
		return 0
	case *tcpip.ErrWouldBlock, *tcpip.ErrNoPortAvailable:
		return syscall.EAGAIN
	case *tcpip.ErrConnectStarted:
		return syscall.EINPROGRESS
	case *tcpip.ErrClosedForSend, *tcpip.ErrAborted:
		return syscall.EPIPE
	}
	if e := errnoState(err); e != 0 {
		return e
	}
	if e := errnoRoute(err); e != 0 {
		return e
	}
	return errnoArgument(err)
}

// errnoState covers what depends on the state of a connection.
func errnoState(err tcpip.Error) syscall.Errno {
	switch err.(type) {
	case *tcpip.ErrAlreadyConnecting:
		return syscall.EALREADY
	case *tcpip.ErrAlreadyConnected:
		return syscall.EISCONN
	case *tcpip.ErrNotConnected:
		return syscall.ENOTCONN
	case *tcpip.ErrConnectionRefused:
		return syscall.ECONNREFUSED
	case *tcpip.ErrConnectionReset:
		return syscall.ECONNRESET
	case *tcpip.ErrConnectionAborted:
		return syscall.ECONNABORTED
	case *tcpip.ErrTimeout:
		return syscall.ETIMEDOUT
	case *tcpip.ErrDestinationRequired:
		return syscall.EDESTADDRREQ
	case *tcpip.ErrEndpointBusy:
		return syscall.EBUSY
	}
	return 0
}

// errnoRoute covers addresses, routes and interfaces.
func errnoRoute(err tcpip.Error) syscall.Errno {
	switch err.(type) {
	case *tcpip.ErrHostUnreachable:
		return syscall.EHOSTUNREACH
	case *tcpip.ErrNetworkUnreachable:
		return syscall.ENETUNREACH
	case *tcpip.ErrHostDown:
		return syscall.EHOSTDOWN
	case *tcpip.ErrNoNet:
		return syscall.ENONET
	case *tcpip.ErrPortInUse:
		return syscall.EADDRINUSE
	case *tcpip.ErrBadLocalAddress:
		return syscall.EADDRNOTAVAIL
	case *tcpip.ErrUnknownNICID, *tcpip.ErrInvalidNICID, *tcpip.ErrUnknownDevice:
		return syscall.ENODEV
	case *tcpip.ErrDuplicateAddress, *tcpip.ErrDuplicateNICID:
		return syscall.EEXIST
	case *tcpip.ErrAddressFamilyNotSupported:
		return syscall.EAFNOSUPPORT
	case *tcpip.ErrBroadcastDisabled:
		return syscall.EACCES
	case *tcpip.ErrNotPermitted:
		return syscall.EPERM
	}
	return 0
}

// errnoArgument covers options, buffers and plain misuse; EINVAL is the rest.
func errnoArgument(err tcpip.Error) syscall.Errno {
	switch err.(type) {
	case *tcpip.ErrUnknownProtocolOption:
		return syscall.ENOPROTOOPT
	case *tcpip.ErrNotSupported:
		return syscall.EOPNOTSUPP
	case *tcpip.ErrQueueSizeNotSupported:
		return syscall.ENOTTY
	case *tcpip.ErrMessageTooLong:
		return syscall.EMSGSIZE
	case *tcpip.ErrNoBufferSpace:
		return syscall.ENOBUFS
	case *tcpip.ErrBadAddress, *tcpip.ErrBadBuffer:
		return syscall.EFAULT
	case *tcpip.ErrNoSuchFile:
		return syscall.ENOENT
	}
	// ErrUnknownProtocol, ErrAlreadyBound, ErrInvalidEndpointState,
	// ErrInvalidOptionValue, ErrInvalidPortRange, ErrMalformedHeader,
	// ErrMissingRequiredFields, ErrMulticastInputCannotBeOutput.
	return syscall.EINVAL
}
