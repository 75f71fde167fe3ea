package bus

import (
	"errors"
	"testing"

	"yolk/drivers/virtio"
	virtiopci "yolk/drivers/virtio/pci"
)

// port is the configuration space of a port with a slot, whose status bits are
// cleared as QEMU does it.
type port struct{ control, status uint32 }

func (p *port) Read32(uint32) uint32 { return p.status<<statusShift | p.control }

func (p *port) Write32(_, v uint32) {
	if clear := v >> statusShift & events; v&0x1f&^p.status == 0 {
		p.status &^= clear
	}
	p.control = v & 0xffff
}

// TestSlot: what becomes of the power, and whether the card is told to leave.
func TestSlot(t *testing.T) {
	const in = occupied >> statusShift
	for _, c := range []struct {
		what            string
		control, status uint32
		left            bool
		want            uint32
	}{
		{"at first", indicatorOn, in, false, indicatorOn},
		{"at first, under ACPI", indicatorOn, 0, false, indicatorOn},
		{"button, the card shall go", indicatorOn, in | attention, true, powerOff | indicatorOff},
		{"gone, after that", powerOff | indicatorOff, presence, true, powerOff | indicatorOff},
		{"pulled", indicatorOn, presence, true, powerOff | indicatorOff},
		{"put in", powerOff | indicatorOff, in | presence | attention, false, indicatorOn},
		{"changed for another", indicatorOn, in | presence, true, indicatorOn},
	} {
		p := &port{c.control | 0xc0, c.status} // the attention indicator is not ours
		left := false
		slot{port: &function{ConfigSpace: p}}.serve(func() { left = true })
		if want := c.want | 0xc0 | events | interrupt; left != c.left || p.control != want || p.status&events != 0 {
			t.Errorf("%s: left %v, control %#x, want %#x, status %#x", c.what, left, p.control, want, p.status)
		}
	}
}

// transport is a device's, as far as a card looks at it.
type transport struct {
	virtiopci.Transport
	id     virtio.DeviceID
	resets int
}

func (t *transport) DeviceID() virtio.DeviceID { return t.id }
func (t *transport) Status() virtio.Status     { return 0 }
func (t *transport) Reset() error              { t.resets++; return nil }

// TestCard: one that has left says so and cannot be reset until its slot has a device
// of the same kind.
func TestCard(t *testing.T) {
	first, second := &transport{id: virtio.IDNet}, &transport{id: virtio.IDNet}
	answer, err := virtiopci.Transport(nil), errGone
	c := &card{Transport: first, reopen: func() (virtiopci.Transport, error) { return answer, err }}
	if err := c.Reset(); err != nil || c.Status() != 0 || first.resets != 1 {
		t.Errorf("present: %v, status %#x", err, c.Status())
	}
	c.left.Store(true)
	if err := c.Reset(); !errors.Is(err, errGone) || c.Status() != virtio.StatusGone || first.resets != 1 {
		t.Errorf("gone: %v, status %#x", err, c.Status())
	}
	answer, err = &transport{id: virtio.IDRng}, nil
	if err := c.Reset(); !errors.Is(err, errOther) || c.Status() != virtio.StatusGone {
		t.Errorf("another: %v, status %#x", err, c.Status())
	}
	answer = second
	if err := c.Reset(); err != nil || c.Status() != 0 || second.resets != 1 || first.resets != 1 {
		t.Errorf("back: %v, status %#x", err, c.Status())
	}
}

// TestReopen: a card that came later gets an address in the port's window.
func TestReopen(t *testing.T) {
	up := bridge(0x010100, typeRootPort, nil)
	up.at[cfgCommand/4], up.at[cfgMemory/4] = commandMemory, 0xfeb0fea0
	empty := &function{ConfigSpace: nothing{}, up: &function{ConfigSpace: up}}
	if _, err := empty.reopen(virtiopci.Platform{}); !errors.Is(err, errGone) {
		t.Errorf("an empty slot: %v", err)
	}
	n := plain(0x1000)
	f := &function{ConfigSpace: n, up: &function{ConfigSpace: up}}
	f.reopen(virtiopci.Platform{}) // fails: it has nothing of a virtio device but its id
	if got := n.at[cfgBAR0/4]; got != 0xfea00000 {
		t.Errorf("BAR at %#x", got)
	}
}
