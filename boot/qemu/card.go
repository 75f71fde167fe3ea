package qemu

import (
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"yolk/boot/usbredir"
	"yolk/drivers/usb/smsc95xx/lan9514"
)

// A Card is a board's network card while the machine runs: a model of the chip, which
// QEMU lacks, in this process. Two inherited sockets without names lead to it, one for
// the USB and one for the frames; QEMU has whatever network is at their other end.
//
//	guest - USB controller - usb-redir ))) Card ))) hub - user network, tap, ...
//	        `----- QEMU -------------'     here     `------- QEMU ---------'
type Card struct {
	Chip             *lan9514.Chip // for tests of what can go wrong
	*usbredir.Server               // Unplug and Plug

	usb, wire net.Conn
	qemus     []*os.File
}

// The third and fourth of cmd.ExtraFiles, as QEMU sees them.
const (
	usbFile  = 5
	wireFile = 6
)

// newCard makes the card of a board that has one.
func newCard() (c *Card, err error) {
	c = &Card{}
	if c.usb, err = c.pair(syscall.SOCK_STREAM, "usb"); err == nil {
		c.wire, err = c.pair(syscall.SOCK_DGRAM, "wire")
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	c.Chip = lan9514.New(lan9514.Config{Wire: func(f []byte) { c.wire.Write(f) }})
	c.Server = usbredir.New(c.usb, c.Chip)
	return c, nil
}

// pair makes a socket pair, of which QEMU gets one.
func (c *Card) pair(kind int, name string) (net.Conn, error) {
	ours, qemus, err := socketPair(kind, name)
	if err != nil {
		return nil, err
	}
	defer ours.Close() // FileConn has a copy
	c.qemus = append(c.qemus, qemus)
	return net.FileConn(ours)
}

// socketPair makes two connected sockets, ours and QEMU's.
func socketPair(kind int, name string) (ours, qemus *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, kind, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), name), os.NewFile(uintptr(fds[1]), name), nil
}

// start works for QEMU, which has its ends of the sockets, until Close.
func (c *Card) start(complain func(error)) {
	c.closeQEMUs()
	go func() {
		if err := c.Serve(); err != nil {
			complain(fmt.Errorf("the network card: %w", err))
		}
	}()
	go func() {
		frame := make([]byte, 64<<10)
		for {
			n, err := c.wire.Read(frame)
			if err != nil {
				return
			}
			c.Chip.Deliver(frame[:n])
		}
	}()
}

func (c *Card) closeQEMUs() {
	for _, f := range c.qemus {
		f.Close()
	}
	c.qemus = nil
}

// Close ends it.
func (c *Card) Close() {
	if c.Chip != nil {
		c.Chip.Close()
	}
	for _, conn := range []net.Conn{c.usb, c.wire} {
		if conn != nil {
			conn.Close()
		}
	}
	c.closeQEMUs()
}

// hubOfCard is the number of the hub, inside QEMU, at which the card's wire and its
// network meet.
const hubOfCard = "9514"

// card connects the model of a board's network card, or QEMU's own CDC Ethernet card
// where nobody has the model's ends of the sockets.
func (c Config) card() (args []string) {
	kind, options := c.Net.backend()
	if kind == "" {
		return nil
	}
	if c.USB == 0 {
		return []string{"-netdev", kind + ",id=net0" + options, "-device", "usb-net,netdev=net0"}
	}
	hub := hubOfCard
	if c.Net.Kind == NetHub {
		hub = c.Net.Hub
	} else {
		args = []string{"-netdev", kind + ",id=net0" + options, "-netdev", "hubport,id=port0,hubid=" + hub + ",netdev=net0"}
	}
	return append(args,
		"-netdev", fmt.Sprintf("socket,id=wire,fd=%d", c.Wire), "-netdev", "hubport,id=port1,hubid="+hub+",netdev=wire",
		"-chardev", fmt.Sprintf("socket,id=lan9514,fd=%d", c.USB), "-device", "usb-redir,chardev=lan9514,port=1")
}

// hubWithoutNIC is what QEMU says of a hub at which two backends meet.
func hubWithoutNIC(line string) bool {
	return strings.HasSuffix(strings.TrimSpace(line), " with no nics") && strings.Contains(line, "warning: hub ")
}
