package amd64

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"testing"
)

// with makes pv, which the package has once, fit one test.
func with(t *testing.T, s pvState) {
	old := pv
	pv = s
	t.Cleanup(func() { pv = old })
}

// wanted is what c says at a value of the counter, by the formula of the document.
func wanted(c *PVClock, tsc uint64) uint64 {
	d := tsc - c.TSC
	if c.Shift < 0 {
		d >>= -c.Shift
	} else {
		d <<= c.Shift
	}
	hi, lo := bits.Mul64(d, uint64(c.Mul))
	return c.Time + hi<<32 + lo>>32
}

func TestPVClock(t *testing.T) {
	for _, c := range []PVClock{
		{Version: 2, Mul: 1 << 31, Shift: 0, Flags: PVStable},
		{Version: 8, Mul: 0xf0000000, Shift: -1, Time: 1e18, Flags: PVStable | PVStopped},
		{Version: 1<<32 - 2, Mul: 1 << 30, Shift: 1, Time: 5, Flags: PVStable},
		{Version: 4, Mul: 1 << 31, Shift: -31, Flags: PVStable},
	} {
		with(t, pvState{Stable: PVStable})
		c.TSC = TSC()
		before := TSC()
		got := readPV(&c)
		after := TSC()
		if got < wanted(&c, before) || got > wanted(&c, after) {
			t.Errorf("%+v: %d, want %d to %d", c, got, wanted(&c, before), wanted(&c, after))
		}
		pv.Base = 3
		if again := readPV(&c); c.Time > 3 && (again < got-3 || again > wanted(&c, TSC())-3) {
			t.Errorf("%+v: %d nanoseconds since 3, %d before", c, again, got)
		}
	}
	with(t, pvState{Stable: PVStable})
	ahead := PVClock{Version: 2, TSC: TSC() + 1<<40, Time: 77, Mul: 1 << 31, Flags: PVStable}
	if got := readPV(&ahead); got != 77 {
		t.Errorf("a counter behind that of the PVClock gives %d", got)
	}
}

// TestPVClockWaits: nothing is read while the version is odd, and all is read again
// when it changed in between.
func TestPVClockWaits(t *testing.T) {
	with(t, pvState{Stable: PVStable})
	c := PVClock{Version: 2, TSC: TSC(), Mul: 1 << 16, Flags: PVStable}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := uint64(1); i <= 20000; i++ {
			procPin() // who reads an odd version waits in assembler, which nothing preempts
			atomic.AddUint32(&c.Version, 1)
			atomic.StoreUint64(&c.Time, i<<32)
			for range 20 {
				Pause()
			}
			atomic.StoreUint64(&c.TSC, TSC()-i<<16) // a tick is 2^-16 ns: i more
			atomic.AddUint32(&c.Version, 1)
			procUnpin()
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		got := readPV(&c)
		// Time and TSC of one version give i<<32 + i and what passed since.
		if c := got&(1<<32-1) - got>>32; got>>32 != 0 && c > 1<<16 {
			t.Fatalf("%#x: of two versions", got)
		}
	}
}

// TestPVClockDisagree has four processors whose clocks disagree by up to a second
// and are corrected all the time: whoever reads after another sees no earlier time.
func TestPVClockDisagree(t *testing.T) {
	for _, believed := range []bool{true, false} {
		flags := uint8(0)
		if !believed {
			flags = PVStable // which this KVM does not know
		}
		with(t, pvState{Stable: map[bool]uint64{true: PVStable}[believed]})
		var latest atomic.Uint64
		var wg sync.WaitGroup
		now := TSC()
		for i := range 4 {
			wg.Go(func() {
				c := PVClock{Version: 2, TSC: now, Time: uint64(i) * 1e9 / 3, Mul: 1 << 31, Flags: flags}
				for n := range 50000 {
					before := latest.Load()
					got := readPV(&c)
					if got < before {
						t.Errorf("%d after %d", got, before)
						return
					}
					for old := before; old < got && !latest.CompareAndSwap(old, got); {
						old = latest.Load()
					}
					if n%1000 == 0 { // KVM updates it, from its own idea of the time
						c.TSC, c.Time = TSC(), c.Time+uint64(n%7)*1e5
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestPVClockAgree: clocks that agree are not held back by what another has shown.
func TestPVClockAgree(t *testing.T) {
	with(t, pvState{Stable: PVStable, Last: 1 << 62})
	c := PVClock{Version: 2, TSC: TSC(), Mul: 1 << 31, Flags: PVStable}
	if got := readPV(&c); got >= 1<<62 || pv.Last != 1<<62 {
		t.Errorf("%d, latest %d", got, pv.Last)
	}
}

func TestIsKVM(t *testing.T) {
	// "KVMKVMKVM\0\0\0" in EBX, ECX, EDX (Linux documentation, virt/kvm/x86/cpuid.rst).
	if !isKVM(0x4b4d564b, 0x564b4d56, 0x4d) {
		t.Error("KVM is not known")
	}
	for _, w := range [][3]uint32{{0x54474354, 0x43544743, 0x47435447}, {0x7263694d, 0x666f736f, 0x76482074}, {}, {0x4b4d564b, 0x564b4d56, 0}} {
		if isKVM(w[0], w[1], w[2]) {
			t.Errorf("%x is taken for KVM", w)
		}
	}
}
