package cdcecm

import (
	"sync"
	"testing"

	"yolk/drivers/usb/smsc95xx/lan9514"
	"yolk/drivers/usb/usbnet/usbnettest"
	"yolk/netdev"
	"yolk/netdev/netdevtest"
)

// adapter is an ECM device, with the statuses and setups of package lan9514, and the
// other end of its cable.
type adapter struct {
	mu      sync.Mutex
	filter  uint16
	setting byte
	sent    ring // to the wire
	arrived ring // from it
	news    [][]byte
	waits   map[byte]lan9514.Done // by endpoint
	lengths map[byte]int
	in, out []byte // the last from and to the wire
}

// ring is frames, up to as many as a small device holds.
type ring struct {
	frames       [512][]byte
	first, count int
}

func (r *ring) push(f []byte) bool {
	if r.count == len(r.frames) {
		return false
	}
	at := &r.frames[(r.first+r.count)%len(r.frames)]
	*at = append((*at)[:0], f...)
	r.count++
	return true
}

func (r *ring) pop(f []byte) []byte {
	f = append(f[:0], r.frames[r.first]...)
	r.first = (r.first + 1) % len(r.frames)
	r.count--
	return f
}

func newAdapter() *adapter {
	a := &adapter{waits: map[byte]lan9514.Done{}, lengths: map[byte]int{}}
	for i := range a.sent.frames {
		a.sent.frames[i], a.arrived.frames[i] = make([]byte, 0, 1600), make([]byte, 0, 1600)
	}
	return a
}

// Endpoints.
const (
	noticeIn = 0x81
	dataIn   = 0x82
	dataOut  = 0x03
)

// descriptors of a device with one configuration (ECM 3.3): communication interface 0,
// data interface 1 without and with endpoints.
var (
	deviceDescriptor = []byte{18, 1, 0x00, 0x02, 2, 0, 0, 64, 0x25, 0x05, 0xa2, 0xa4, 0, 0, 0, 0, 0, 1}
	configDescriptor = []byte{
		9, 2, 80, 0, 2, 1, 0, 0xc0, 1,
		9, 4, 0, 0, 1, 2, 6, 0, 0,
		5, 0x24, 0, 0x10, 0x01,
		5, 0x24, 6, 0, 1,
		13, 0x24, 15, 1, 0, 0, 0, 0, 0xea, 0x05, 0, 0, 0,
		7, 5, noticeIn, 3, 16, 0, 9,
		9, 4, 1, 0, 0, 10, 0, 0, 0,
		9, 4, 1, 1, 2, 10, 0, 0, 0,
		7, 5, dataIn, 2, 0, 2, 0,
		7, 5, dataOut, 2, 0, 2, 0,
	}
	addressText = []byte("\x1a\x030\x002\x000\x001\x000\x002\x000\x003\x000\x004\x00a\x00b\x00")
)

func init() {
	configDescriptor[2] = byte(len(configDescriptor))
	addressText[0] = byte(len(addressText))
}

// The methods implement usbnettest.Function.

func (a *adapter) FullSpeed() bool { return false }

func (a *adapter) Reset() {
	a.mu.Lock()
	a.filter, a.setting, a.news = 0, 0, nil
	a.mu.Unlock()
	for _, e := range []byte{noticeIn, dataIn} {
		a.Cancel(e)
	}
}

func (a *adapter) Control(s lan9514.Setup, _ []byte) ([]byte, lan9514.Status) {
	a.mu.Lock()
	defer a.mu.Unlock()
	answer := []byte(nil)
	switch [2]byte(s[:2]) {
	case [2]byte{0x80, 6}:
		switch [2]byte(s[2:4]) {
		case [2]byte{0, 1}:
			answer = deviceDescriptor
		case [2]byte{0, 2}:
			answer = configDescriptor
		case [2]byte{1, 3}:
			answer = addressText
		default:
			return nil, lan9514.Stall
		}
	case [2]byte{0x01, 11}:
		a.setting = s[2]
	case [2]byte{0x21, setPacketFilter}:
		a.filter = uint16(s[2]) | uint16(s[3])<<8
	}
	return answer[:min(len(answer), s.Length())], lan9514.OK
}

func (a *adapter) In(endpoint byte, n int, done lan9514.Done) {
	a.mu.Lock()
	a.waits[endpoint], a.lengths[endpoint] = done, n
	a.settle()
}

// settle ends the transfers for which there is something, and gives up the lock.
func (a *adapter) settle() {
	for {
		var done lan9514.Done
		var data []byte
		switch {
		case a.waits[dataIn] != nil && a.arrived.count > 0:
			done, data = a.waits[dataIn], a.arrived.pop(a.in)
			a.in, a.waits[dataIn] = data, nil
		case a.waits[noticeIn] != nil && len(a.news) > 0:
			done, data = a.waits[noticeIn], a.news[0]
			a.news, a.waits[noticeIn] = a.news[1:], nil
		}
		a.mu.Unlock()
		if done == nil {
			return
		}
		done(data, lan9514.OK)
		a.mu.Lock()
	}
}

func (a *adapter) Out(frame []byte) lan9514.Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.setting == 0 {
		return lan9514.Stall
	}
	a.sent.push(frame)
	return lan9514.OK
}

func (a *adapter) Cancel(endpoint byte) {
	a.mu.Lock()
	done := a.waits[endpoint]
	a.waits[endpoint] = nil
	a.mu.Unlock()
	if done != nil {
		done(nil, lan9514.Cancelled)
	}
}

// Send implements netdevtest.Wire.
func (a *adapter) Send(f []byte) bool {
	a.mu.Lock()
	mine := string(f[:6]) == "\x02\x01\x02\x03\x04\xab"
	pass := a.filter&filterPromiscuous != 0 || f[0]&1 != 0 && a.filter&filterAllMulti != 0 || mine && a.filter&filterDirected != 0
	room := a.arrived.count < len(a.arrived.frames)
	if pass && room {
		a.arrived.push(f)
	}
	a.settle()
	return room
}

// Receive implements netdevtest.Wire.
func (a *adapter) Receive() ([]byte, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent.count == 0 {
		return nil, false
	}
	a.out = a.sent.pop(a.out)
	return a.out, true
}

// setLink sends NETWORK_CONNECTION.
func (a *adapter) setLink(up bool) {
	p := []byte{notification, networkConnection, 0, 0, 0, 0, 0, 0}
	if up {
		p[2] = 1
	}
	a.mu.Lock()
	a.news = append(a.news, p)
	a.settle()
}

// TestConformance: the suite that every driver passes.
func TestConformance(t *testing.T) {
	netdevtest.Run(t, func(t *testing.T) netdevtest.Subject {
		a := newAdapter()
		port := usbnettest.New()
		t.Cleanup(port.Unplug)
		d, err := port.Plugged(a)
		if err != nil {
			t.Fatal(err)
		}
		return netdevtest.Subject{Driver: d, Wire: a, SetLink: a.setLink}
	})
}

// FuzzParse: whatever a device says of itself, what is taken from it makes sense.
func FuzzParse(f *testing.F) {
	f.Add(configDescriptor[18:41], "020102030405")
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		if a, err := parse(b); err == nil && a.segment < headerBytes+minMTU {
			t.Error(a)
		}
		if a := address(text); a != (netdev.HardwareAddr{}) && len(text) != 12 {
			t.Error(a)
		}
	})
}
