package net_test

import (
	"errors"
	"testing"

	"yolk/drivers/virtio"
	virtionet "yolk/drivers/virtio/net"
	"yolk/drivers/virtio/virtiotest"
	"yolk/netdev"
	"yolk/netdev/netbuf"
)

var errAway = errors.New("away")

// leaving is a device that may be away.
type leaving struct {
	*virtiotest.Net
	away bool
}

func (l *leaving) Status() virtio.Status {
	if l.away {
		return virtio.StatusGone
	}
	return l.Net.Status()
}

func (l *leaving) Reset() error {
	if l.away {
		return errAway
	}
	return l.Net.Reset()
}

// A device that leaves tells who waits for its link, moves no packets, and works
// again when it is back, with all its buffers.
func TestDeviceLeaves(t *testing.T) {
	mem := virtiotest.NewMemory(8 << 20)
	l := &leaving{Net: virtiotest.NewNet(mem, 1, everything)}
	dev, err := newPort(l, mem)
	if err == nil {
		err = dev.open(config{RxSize: 32, RxBuffers: 32})
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		l.away = true
		if _, err := dev.WaitLink(netdev.LinkUp); !errors.Is(err, virtionet.ErrGone) || !errors.Is(err, netdev.ErrState) {
			t.Error(err)
		}
		if n, s := dev.Device.RxBurst(0, make([]*netbuf.Buf, 1)); n != 0 || s != netdev.Stopped {
			t.Errorf("%d packets, %v", n, s)
		}
		if err := dev.Restart(); !errors.Is(err, errAway) || dev.State() != netdev.Failed {
			t.Errorf("%v, %v", err, dev.State())
		}
		l.away = false
		if err := dev.Restart(); err != nil || dev.Err() != nil {
			t.Fatalf("%v, %v", err, dev.Err())
		}
		for i := range 32 {
			if !l.Deliver(frame(60)) {
				t.Fatalf("%d receive buffers lost", 32-i)
			}
		}
	}
	if n := dev.Stats().DeviceErrors; n != 0 {
		t.Errorf("%d device errors; to leave is none", n)
	}
}
