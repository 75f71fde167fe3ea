//go:build linux

package netif

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/vnethdr"
)

const (
	ethernet    = 14
	vlan        = 4
	headerBytes = vnethdr.Size
	minMTU      = 68
	defaultSize = 64
	maxSize     = 1024
	maxChain    = 17 // with the header, less than the kernel's UIO_MAXIOV by far
)

// ErrInterface is wrapped by errors about the host's interface.
var ErrInterface = errors.New("netif: interface not usable")

// port is what differs between a tap and a packet socket. Its calls do not
// block.
type port interface {
	// open returns the descriptor for the interface.
	open(name string) (fd int, err error)
	// addr derives the device's own address from the interface's.
	addr(host netdev.HardwareAddr) netdev.HardwareAddr
	// receive fills windows, with header and packet, from the front and sets
	// their lengths, -1 for one that was cut short; it returns how many. What
	// does not fit in a window goes on in its overflow, if there are any.
	receive(fd int, windows []*netbuf.Buf, overflow [][]byte, lengths []int) int
	// send sends packets with their headers in front and returns how many went
	// and, if not all did, why the next did not.
	send(fd int, bufs []*netbuf.Buf, headers [][]byte) (int, syscall.Errno)
	// promiscuous asks the interface for frames to others.
	promiscuous(fd, index int, on bool) error
	// large are the kinds of coalesced segments that it may receive.
	large() netdev.Features
	// started says that the device runs: the interface may go up.
	started(name string) error
}

// Driver is an interface of the host.
type Driver struct {
	kind, name string
	port       port

	fd   int
	file *os.File // fd, known to the runtime's poller
	raw  syscall.RawConn
	link atomic.Pointer[os.File] // see openLink
	host *net.Interface          // as Probe found it
	info netdev.Info

	own     atomic.Pointer[netdev.HardwareAddr]
	promisc atomic.Bool
	mtu     atomic.Int64
	rx      *rxQueue
	tx      *txQueue
}

var _ netdev.Driver = (*Driver)(nil)

// Tap returns a driver for tap interface `name`, which Probe makes if it does
// not exist: the device at the other end of that cable. It needs CAP_NET_ADMIN,
// or an interface made for this user (ip tuntap add ... user). One that was closed is
// busy yet while a process that was started meanwhile (os/exec) has not come to its
// execve, and so has the descriptor, too.
func Tap(name string) *Driver { return &Driver{kind: "tap", name: name, port: tap{}} }

// Packet returns a driver for interface `name`, which must exist and be up: the
// program shares it with the host, which goes on receiving the same frames. It
// needs CAP_NET_RAW.
func Packet(name string) *Driver { return &Driver{kind: "packet", name: name, port: newPacket()} }

// Probe implements netdev.Driver: opens the interface.
func (d *Driver) Probe() (netdev.Info, error) {
	fd, err := d.port.open(d.name)
	if err != nil {
		return netdev.Info{}, err
	}
	// Before the file exists, so that the runtime's poller takes it.
	d.fd, d.file = fd, os.NewFile(uintptr(fd), d.name)
	if d.raw, err = d.file.SyscallConn(); err == nil {
		d.host, err = net.InterfaceByName(d.name)
	}
	if err == nil && len(d.host.HardwareAddr) != 6 {
		err = fmt.Errorf("%w: %s is not Ethernet", ErrInterface, d.name)
	}
	var link *os.File
	if err == nil {
		link, err = openLink()
	}
	if err != nil {
		d.file.Close()
		return netdev.Info{}, err
	}
	d.link.Store(link)
	own := d.port.addr(netdev.HardwareAddr(d.host.HardwareAddr))
	d.own.Store(&own)
	d.mtu.Store(int64(d.host.MTU))
	d.promisc.Store(false)
	d.info = netdev.Info{
		Driver: d.kind + " " + d.name, MaxRxQueues: 1, MaxTxQueues: 1,
		MTU: d.host.MTU, MinMTU: minMTU, MaxMTU: d.host.MTU,
		TxHeadroom: headerBytes, RxHeadroom: headerBytes, IOAlign: 1, MaxTxChain: maxChain,
		Features: netdev.TxChecksum | netdev.RxChecksum | netdev.TxTSO4 | netdev.TxTSO6 |
			netdev.LinkStatus | netdev.PromiscuousMode | netdev.HardwareAddrChange | netdev.MTUChange |
			netdev.Interrupts | netdev.LinkEvents | d.port.large(),
		Memory: netbuf.Heap, HardwareAddr: own,
	}
	return d.info, nil
}

// Configure implements netdev.Driver.
func (d *Driver) Configure(cfg netdev.Config) (netdev.Info, error) {
	d.info.Features = d.info.Features&^netdev.Offloads | cfg.Offloads
	if d.info.Features&netdev.TxChecksum == 0 {
		d.info.Features &^= netdev.TxTSO4 | netdev.TxTSO6
	}
	return d.info, nil
}

// RxInfo implements netdev.Driver.
func (d *Driver) RxInfo(int) netdev.QueueInfo {
	return netdev.QueueInfo{Max: maxSize, Min: 1, Align: 1, Default: defaultSize}
}

// TxInfo implements netdev.Driver.
func (d *Driver) TxInfo(int) netdev.QueueInfo { return d.RxInfo(0) }

// ConfigureRx implements netdev.Driver.
func (d *Driver) ConfigureRx(_ int, cfg netdev.RxConfig) (netdev.RxQueue, error) {
	if room, want := cfg.BufferSize-cfg.Headroom, d.host.MTU+ethernet+vlan; room < want {
		return nil, fmt.Errorf("%w: receive buffers have room for %d bytes; frames of %s need %d", netdev.ErrConfig, room, d.name, want)
	}
	d.rx = newRxQueue(d, cfg)
	return d.rx, nil
}

// ConfigureTx implements netdev.Driver.
func (d *Driver) ConfigureTx(int, netdev.TxConfig) (netdev.TxQueue, error) {
	d.tx = newTxQueue(d)
	return d.tx, nil
}

// Start implements netdev.Driver.
func (d *Driver) Start() error { return d.port.started(d.name) }

// Restart implements netdev.Driver; an interface of the host never fails.
func (d *Driver) Restart() error { return nil }

// Close implements netdev.Driver.
func (d *Driver) Close() error {
	if d.rx != nil {
		d.rx.close()
	}
	d.rx, d.tx = nil, nil
	return errors.Join(d.file.Close(), d.link.Load().Close()) // which ends waits
}

// SetHardwareAddr implements netdev.Driver. The interface keeps its own.
func (d *Driver) SetHardwareAddr(a netdev.HardwareAddr) error {
	d.own.Store(&a)
	return d.filter()
}

// SetMulticast implements netdev.Driver: all multicasts are delivered.
func (d *Driver) SetMulticast([]netdev.HardwareAddr) error { return netdev.ErrUnsupported }

// SetPromiscuous implements netdev.Driver.
func (d *Driver) SetPromiscuous(on bool) error {
	d.promisc.Store(on)
	return d.filter()
}

// filter asks the interface for as much as the filter here lets through.
func (d *Driver) filter() error {
	return d.port.promiscuous(d.fd, d.host.Index, d.promisc.Load() || *d.own.Load() != d.info.HardwareAddr)
}

// SetMTU implements netdev.Driver: bounds what is sent.
func (d *Driver) SetMTU(mtu int) error {
	d.mtu.Store(int64(mtu))
	return nil
}

// Stats implements netdev.Driver.
func (d *Driver) Stats() (s netdev.Stats) {
	if d.rx != nil {
		d.rx.counters.AddTo(&s)
	}
	if d.tx != nil {
		d.tx.counters.AddTo(&s)
	}
	return s
}

// Err implements netdev.Driver.
func (d *Driver) Err() error { return nil }

// readable reports whether a packet waits in the kernel.
func readable(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(p, 0)
	return n > 0 && err == nil
}
