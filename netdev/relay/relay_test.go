package relay_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/relay"
	"yolk/netdev/relay/transfer"
)

var size = flag.Int("relay", 1<<20, "bytes that TestTransfer moves each way through each impairment")

var prefixes = [2]netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("10.0.0.2/24")}

// patience is how long a transfer may stand still: many times a blackout and the
// longest wait of TCP's. How long all of it takes is the computer's business.
const patience = 30 * time.Second

// patient is a connection whose deadline moves on with each step.
type patient struct{ net.Conn }

func (c patient) Read(b []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(patience))
	return c.Conn.Read(b)
}

func (c patient) Write(b []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(patience))
	return c.Conn.Write(b)
}

// hosts joins two by a cable.
func hosts(t *testing.T, ends [2]netdev.Driver) (h [2]*relay.Host) {
	t.Helper()
	for i := range h {
		var err error
		if h[i], err = relay.NewHost(ends[i], prefixes[i]); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h[i].Close)
	}
	return h
}

// exchange moves bytes both ways between two hosts.
func exchange(t *testing.T, h [2]*relay.Host) {
	t.Helper()
	l, err := h[1].Listen(80)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	served := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			defer c.Close()
			err = transfer.Exchange(patient{c}, int64(*size), 2)
		}
		served <- err
	}()
	c, err := h[0].Dial(t.Context(), netip.AddrPortFrom(prefixes[1].Addr(), 80))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := transfer.Exchange(patient{c}, int64(*size), 1); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// What is sent arrives, through everything that a network does to it.
func TestTransfer(t *testing.T) {
	for _, i := range relay.Impairments(*size) {
		t.Run(i.Name, func(t *testing.T) {
			t.Parallel()
			a, b := i.Cable(1)
			h := hosts(t, [2]netdev.Driver{a, b})
			start := time.Now()
			exchange(t, h)
			for _, h := range h {
				t.Logf("%.1f s; %v", time.Since(start).Seconds(), h)
			}
		})
	}
}

// Each impairment does to packets what its name says, in about the share that it
// says, and nothing else.
func TestCables(t *testing.T) {
	const count = 5000
	type effect struct{ lost, twice, changed, late int }
	for name, want := range map[string]struct{ least, most effect }{
		"none":                 {},
		"loss of 1 %":          {effect{lost: 25}, effect{lost: 100}},
		"5 % reordered":        {effect{late: 100}, effect{late: 400}},
		"1 % duplicated":       {effect{twice: 25}, effect{twice: 100}},
		"0.1 % corrupted":      {effect{changed: 1}, effect{changed: 20}},
		"delay of 10 to 12 ms": {},
		"blackouts":            {effect{lost: 100}, effect{lost: count - 2000}},
		"half of everything":   {effect{10, 10, 1, 25}, effect{60, 60, 15, 300}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				imps := relay.Impairments(2_000_000)
				n := slices.IndexFunc(imps, func(i relay.Impairment) bool { return i.Name == name })
				if n < 0 || len(imps) != 8 {
					t.Fatalf("%d impairments, %q number %d", len(imps), name, n)
				}
				a, b := imps[n].Cable(3)
				start := time.Now()
				got := cross(t, a, b, count)
				var is effect
				seen := map[uint32]int{}
				last := uint32(0)
				for _, f := range got {
					n := binary.BigEndian.Uint32(f[14:])
					if !bytes.Equal(f, frame(n)) || n >= count {
						is.changed++
						continue
					}
					if seen[n]++; seen[n] > 1 {
						is.twice++
					} else if n < last {
						is.late++
					}
					last = max(last, n)
				}
				is.lost = count - len(seen) - is.changed
				for _, v := range []struct{ least, is, most int }{
					{want.least.lost, is.lost, want.most.lost}, {want.least.twice, is.twice, want.most.twice},
					{want.least.changed, is.changed, want.most.changed}, {want.least.late, is.late, want.most.late},
				} {
					if v.is < v.least || v.is > v.most {
						t.Errorf("%+v, want %+v to %+v", is, want.least, want.most)
					}
				}
				if d := time.Since(start); name == "delay of 10 to 12 ms" && d < 10*time.Millisecond {
					t.Errorf("all there after %v", d)
				}
			})
		})
	}
}

// frame is a broadcast of 60 bytes with a number, which all of it depends on.
func frame(n uint32) []byte {
	f := bytes.Repeat([]byte{byte(n)}, 60)
	copy(f, "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5")
	binary.BigEndian.PutUint32(f[14:], n)
	return f
}

// cross sends frames over a cable, one each 10 us, and returns those that arrive, until
// none has for a time much longer than any delay.
func cross(t *testing.T, a, b netdev.Driver, count uint32) (got [][]byte) {
	t.Helper()
	var devs [2]*netdev.Device
	for i, end := range []netdev.Driver{a, b} {
		devs[i] = netdev.New(end)
		if err := devs[i].Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
			t.Fatal(err)
		}
		defer devs[i].Close()
	}
	if err := devs[1].SetPromiscuous(true); err != nil { // for what is corrupted
		t.Fatal(err)
	}
	sent := uint32(0)
	for quiet := time.Now(); sent < count || time.Since(quiet) < 100*time.Millisecond; time.Sleep(10 * time.Microsecond) {
		if sent < count {
			out, err := netbuf.New(netbuf.Heap, 128, 0)
			if err != nil {
				t.Fatal(err)
			}
			copy(out.Append(60), frame(sent))
			if devs[0].TxOne(0, out)&netdev.Success != 0 {
				sent++
			} else {
				out.Free()
			}
		}
		if in, s := devs[1].RxOne(0); s&netdev.Success != 0 {
			got = append(got, in.AppendTo(nil))
			in.Free()
			quiet = time.Now()
		}
	}
	return got
}

// Two plugs on one stream lengthen a cable; one can be led to another cable.
func TestPlug(t *testing.T) {
	x, y := net.Pipe()
	var plugs [2]*relay.Plug
	for i, c := range []net.Conn{x, y} {
		var err error
		if plugs[i], err = relay.NewPlug(c); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		t.Run("", func(t *testing.T) {
			var far [2]netdev.Driver
			for i, p := range plugs {
				near, end := relay.Impairments(*size)[0].Cable(1)
				far[i] = end
				if err := p.Join(near); err != nil {
					t.Fatal(err)
				}
			}
			// The ends of pipes have the same address: one gets another.
			h := hosts(t, [2]netdev.Driver{far[0], other{far[1]}})
			exchange(t, h)
		})
	}
	for _, p := range plugs {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// other is a driver with another address.
type other struct{ netdev.Driver }

func (o other) Probe() (netdev.Info, error) {
	info, err := o.Driver.Probe()
	if err == nil {
		info.HardwareAddr[5]++
		err = o.Driver.SetHardwareAddr(info.HardwareAddr)
	}
	return info, err
}
