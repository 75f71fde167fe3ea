package socket

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/raw"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// Options of a stack. The zero value is usable.
type Options struct {
	// Logf gets one line per event worth a line: leases, addresses, errors.
	Logf func(format string, args ...any)
	// Warnf gets the lines that a user must see: that a server has no network.
	Warnf func(format string, args ...any)
	// Memory is the machine's RAM in bytes; socket buffers follow from it.
	// 0 means 64 MiB.
	Memory uint64
	// WriteFile stores a configuration file, e.g. /etc/resolv.conf.
	WriteFile func(name string, content []byte)
	// NameHost takes the name that a DHCP server gave this machine, or its address, or both.
	NameHost func(name, address string)
}

// complete fills in what may be left out.
func (o *Options) complete() {
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	if o.NameHost == nil {
		o.NameHost = func(string, string) {}
	}
	if o.Warnf == nil {
		o.Warnf = o.Logf
	}
}

// A Stack is a TCP/IP stack with its loopback interface. Its methods may be
// called concurrently.
type Stack struct {
	net           *stack.Stack
	opt           Options
	interfaces    bringUp
	outage        outage
	startLoopback func() error // the first call does it
	throttles     atomic.Pointer[[]throttle]
	guards        atomic.Pointer[[]*synGuard]
	reaper        reaper
	taps          taps
	settling      settling

	routeMu  sync.Mutex // guards the fields below, changes of throttles and guards, and the order of updates
	static   []tcpip.Route
	routers  map[router]struct{} // learned from router advertisements
	carriers map[tcpip.NICID]*carrier
	members  members
	timeWait timeWait
}

// Names and numbers of the interfaces, as Linux has them.
const (
	loName  = "lo"
	loID    = tcpip.NICID(1)
	firstID = tcpip.NICID(2)
)

// Probing for an address in use (RFC 5227 1.1 has three probes a second or two
// apart; a link without real wires needs less).
const (
	arpProbes        = 2
	arpProbeInterval = 500 * time.Millisecond
)

// New makes a stack with IPv4, IPv6, TCP, UDP and ICMP, and lo up with
// 127.0.0.1/8 and ::1.
func New(o Options) (*Stack, error) {
	s, err := makeStack(o)
	if err == nil {
		err = s.startLoopback()
	}
	return s, err
}

// makeStack is New without lo.
func makeStack(o Options) (*Stack, error) {
	o.complete()
	s := &Stack{opt: o, routers: map[router]struct{}{}, carriers: map[tcpip.NICID]*carrier{}}
	s.outage.opt = &s.opt
	s.budget()
	ndp := ipv6.DefaultNDPConfigurations()
	ndp.AutoGenTempGlobalAddresses = false // a server wants one address that stays
	v6 := ipv6.Options{
		NDPConfigs: ndp,
		DADConfigs: stack.DefaultDADConfigurations(),
		NDPDisp:    &discovery{s: s},
	}
	probe := stack.DADConfigurations{DupAddrDetectTransmits: arpProbes, RetransmitTimer: arpProbeInterval}
	s.net = stack.New(stack.Options{
		NetworkProtocols: []stack.NetworkProtocolFactory{
			ipv4.NewProtocol, ipv6.NewProtocolWithOptions(v6),
			arp.NewProtocolWithOptions(arp.Options{DADConfigs: probe})},
		TransportProtocols: []stack.TransportProtocolFactory{
			tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
		RawFactory:               raw.EndpointFactory{},
		AllowPacketEndpointWrite: true,
		HandleLocal:              true,
	})
	if err := s.tune(); err != nil {
		return nil, err
	}
	s.startLoopback = sync.OnceValue(s.addLoopback)
	return s, nil
}

// Close ends the stack and everything on it.
func (s *Stack) Close() { s.net.Destroy() }

// Socket buffers: memory is taken only for bytes in flight, so the sizes bound
// what one stalled connection can hold. The default suits a 24 MB machine,
// and the stack raises it to the maximum for a connection that fills it.
const (
	defaultMemory = 64 << 20
	minBuffer     = 4 << 10
	lowBuffer     = 128 << 10 // default size, from 32 MiB of RAM down
	highBuffer    = 1 << 20   // and from 256 MiB up
	lowMax        = 512 << 10
	highMax       = 8 << 20
)

func (s *Stack) memory() uint64 {
	if s.opt.Memory == 0 {
		return defaultMemory
	}
	return s.opt.Memory
}

// bufferSizes returns the default and maximum size of a socket buffer.
func bufferSizes(memory uint64) (def, limit int) {
	def = int(min(max(memory/256, lowBuffer), highBuffer))
	limit = int(min(max(memory/64, lowMax), highMax))
	return def, limit
}

// tune sets what differs from the stack's defaults.
func (s *Stack) tune() error {
	def, limit := bufferSizes(s.memory())
	sack := tcpip.TCPSACKEnabled(true)
	moderate := tcpip.TCPModerateReceiveBufferOption(true)
	cubic := tcpip.CongestionControlOption("cubic")
	for _, o := range []tcpip.SettableTransportProtocolOption{
		&sack, &moderate, &cubic,
		&tcpip.TCPSendBufferSizeRangeOption{Min: minBuffer, Default: def, Max: limit},
		&tcpip.TCPReceiveBufferSizeRangeOption{Min: minBuffer, Default: def, Max: limit},
	} {
		if err := s.net.SetTransportProtocolOption(tcp.ProtocolNumber, o); err != nil {
			return fmt.Errorf("socket: TCP option %T: %s", o, err)
		}
	}
	for _, o := range []any{
		tcpip.SendBufferSizeOption{Min: minBuffer, Default: def, Max: limit},
		tcpip.ReceiveBufferSizeOption{Min: minBuffer, Default: def, Max: limit},
	} {
		if err := s.net.SetOption(o); err != nil {
			return fmt.Errorf("socket: stack option %T: %s", o, err)
		}
	}
	// Linux's net.ipv4.ip_local_port_range.
	if err := s.net.SetPortRange(32768, 60999); err != nil {
		return fmt.Errorf("socket: port range: %s", err)
	}
	return nil
}

func (s *Stack) addLoopback() error {
	link := loopback.New()
	if tap := tapLoop.Load(); tap != nil {
		link = (*tap)(s, link)
	}
	if err := s.createNIC(loID, link, loName, true); err != nil {
		return err
	}
	s.addLink(loID, link)
	// Nobody else is on lo: no router, and nobody with an address of ours.
	if ep, err := s.net.GetNetworkEndpoint(loID, ipv6.ProtocolNumber); err == nil {
		ep.(stack.DuplicateAddressDetector).SetDADConfigurations(stack.DADConfigurations{})
		ep.(ipv6.NDPEndpoint).SetNDPConfigurations(ipv6.NDPConfigurations{})
	}
	if err := s.net.EnableNIC(loID); err != nil {
		return fmt.Errorf("socket: lo cannot be enabled: %s", err)
	}
	if err := s.addAddress(loID, loopback4, 8); err != nil {
		return err
	}
	if err := s.addAddress(loID, loopback6, 128); err != nil {
		return err
	}
	s.setRoutes(loID, subnet(loopback4, 8), subnet(loopback6, 128))
	return nil
}
