package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"yolk/boot/qemu"
	"yolk/netdev/relay"
)

// A way leads from a machine, whose card is a socket of the emulator's, through a cable
// of package relay to a tap interface in the namespace, where the host's kernel is:
//
//	machine - socket - Plug - Cable - Plug - tap - the host's kernel, tcpbench
type way struct {
	listener  net.Listener // for the emulator
	tap       *os.File
	near, far *relay.Plug // far is the tap's; near is the machine's, while it runs
	cable     relay.Impairment
}

// newWay makes one to a tap interface.
func newWay(netns, tap string) (*way, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f, err := openTap(netns, tap)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	ours, theirs := net.Pipe()
	far, err := relay.NewPlug(theirs)
	if err != nil {
		return nil, errors.Join(err, l.Close(), f.Close())
	}
	go fromTap(f, ours)
	go toTap(f, ours)
	return &way{listener: l, tap: f, far: far}, nil
}

// accept takes the emulator that has just been started.
func (w *way) accept() error {
	w.listener.(*net.TCPListener).SetDeadline(time.Now().Add(bootLimit))
	conn, err := w.listener.Accept()
	if err == nil && w.near != nil { // the one before has ended
		err = w.near.Close()
	}
	if err == nil {
		w.near, err = relay.NewPlug(conn)
	}
	if err == nil {
		err = w.join(w.cable)
	}
	return err
}

// join has packets go through a cable with an impairment from now on.
func (w *way) join(i relay.Impairment) error {
	if w.cable = i; w.near == nil {
		return nil
	}
	a, b := i.Cable(1)
	return errors.Join(w.near.Join(a), w.far.Join(b))
}

func (w *way) close() {
	w.listener.Close()
	w.tap.Close()
	if w.near != nil {
		w.near.Close()
	}
	w.far.Close()
}

// openTap opens a tap interface of a namespace (tun(4), setns(2)): on a thread of its
// own, which ends in that namespace.
func openTap(netns, name string) (f *os.File, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good
		var ns *os.File
		if ns, err = os.Open("/run/netns/" + netns); err != nil {
			return
		}
		defer ns.Close()
		if err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			return
		}
		var fd int
		if fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
			return
		}
		var request *unix.Ifreq
		if request, err = unix.NewIfreq(name); err == nil {
			request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
		}
		f = os.NewFile(uintptr(fd), name) // before, the poller would not take it
	}()
	<-done
	if err != nil {
		return nil, fmt.Errorf("tap %s: %w", name, err)
	}
	return f, nil
}

const maxFrame = 64 << 10

// fromTap writes frames to a stream as Plug has them, until one of them ends.
func fromTap(tap io.Reader, stream io.WriteCloser) {
	defer stream.Close()
	for frame := make([]byte, 4+maxFrame); ; {
		n, err := tap.Read(frame[4:])
		if err != nil {
			return
		}
		binary.BigEndian.PutUint32(frame, uint32(n))
		if _, err := stream.Write(frame[:4+n]); err != nil {
			return
		}
	}
}

// toTap writes frames of a stream to the tap, which loses what does not fit.
func toTap(tap io.Writer, stream io.Reader) {
	r := bufio.NewReaderSize(stream, maxFrame)
	for frame := make([]byte, maxFrame); ; {
		if _, err := io.ReadFull(r, frame[:4]); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(frame)
		if n > maxFrame {
			return
		}
		if _, err := io.ReadFull(r, frame[:n]); err != nil {
			return
		}
		tap.Write(frame[:n])
	}
}

// measurePaths measures over bad networks.
func (b *bench) measurePaths(netns, client string, systems []tcpSystem) error {
	var ends []tcpEnd
	var all []*way
	for i, s := range systems {
		host, guest, tap := fmt.Sprintf("10.78.%d.1", i), fmt.Sprintf("10.78.%d.2", i), fmt.Sprint("path", i)
		if err := addTap(netns, tap, host+"/24"); err != nil {
			return err
		}
		w, err := newWay(netns, tap)
		if err != nil {
			return err
		}
		defer w.close()
		all = append(all, w)
		c := &contestant{number: len(systems) + i, name: s.name, marker: tcpMarker, joined: w.accept, config: func() (qemu.Config, error) {
			c := s.config(host, guest)
			c.Memory, c.CPUs = arenaMemory, 1
			c.Net = qemu.Net{Kind: qemu.NetSocket, Socket: "connect=" + w.listener.Addr().String()}
			return c, nil
		}}
		defer c.end()
		ends = append(ends, tcpEnd{c, guest})
	}
	for _, path := range relay.Paths() {
		for _, w := range all {
			if err := w.join(path); err != nil {
				return err
			}
		}
		if err := b.transfers(netns, client, path.Name, b.pathLoad(), ends); err != nil {
			return err
		}
	}
	return nil
}
