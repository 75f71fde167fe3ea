package main

import (
	"flag"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	o := args(t, "-size", "1518", "-src", "10.0.0.1-10.0.0.3", "-dport", "7-8", "-dstmac", "52:54:0:12:34:56", "-time", "3s")
	if o.size != 1518 || o.src != (span{0x0a000001, 3}) || o.dstPort != (span{7, 2}) || o.dstMAC.String() != "52:54:00:12:34:56" || o.time != 3*time.Second {
		t.Errorf("%+v", o)
	}
	if n := o.flows().count(); n != 6 {
		t.Errorf("%d flows", n)
	}
}

// TestOptionsRefused: each complaint names the argument.
func TestOptionsRefused(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"-size 59", "-size 59"}, {"-size 1519", "60 to 1518"}, {"-mode teleport", "generate, copy, reuse, zerocopy"},
		{"-alloc stack", "-alloc"}, {"-full wait", "-full"}, {"-burst 0", "-burst"}, {"-burst 5000", "-burst"}, {"-burst 32 -buffers 31", "-buffers"},
		{"-interval 0", "-interval"}, {"-time -1s", "-time"}, {"-device -1", "-device"}, {"-number", "-mode zerocopy shares"}, {"-receive -isolate", "-isolate"}, {"-receive -number -mode copy", "-check"},
		{"-check", "-number"}, {"-src 10.0.0.0-10.1.0.0", "more than 65536 flows"}, {"-src 0.0.0.0-255.255.255.255 -dst 0.0.0.0-255.255.255.255", "more than 65536 flows"},
		{"-src ::1", "no IPv4"}, {"-src 10.0.0.2-10.0.0.1", "comes before"}, {"-sport 65536", "no port"}, {"-sport 5-", "no port"},
		{"-dstmac 1:2:3:4:5", "six bytes"}, {"-dstmac 1:2:3:4:5:100", "six bytes"}, {"-dstmac 1:2:3:4:5:6:7", "six bytes"},
		{"-queues 0", "-queues 0"}, {"-queues 3 -count 2", "-count 2"}, {"-queues 2 -receive", "for sending"}, {"-queues 2 -mode copy -number", "one queue"},
		{"-fast", "not defined: -fast: see -help"}, {"-size big", "-size"}, {"now", `unexpected argument "now"`},
	} {
		var help strings.Builder
		if _, err := parse(strings.Fields(c.line), &help); err == nil || !strings.Contains(err.Error(), c.want) || help.Len() > 0 {
			t.Errorf("%s: %v, want %q, and help of %d bytes", c.line, err, c.want, help.Len())
		}
	}
}

// TestHelp: it is printed when asked for.
func TestHelp(t *testing.T) {
	var help strings.Builder
	if _, err := parse([]string{"-help"}, &help); err != flag.ErrHelp || !strings.Contains(help.String(), "-isolate") {
		t.Errorf("%v: %s", err, help.String())
	}
}

func FuzzSpan(f *testing.F) {
	f.Add("10.0.0.1-10.0.0.9")
	f.Add("0.0.0.0-255.255.255.255")
	f.Add("1-65535")
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := addrs(s); err == nil && (a.count < 1 || uint64(a.first)+uint64(a.count) > 1<<32) {
			t.Errorf("addresses %+v", a)
		}
		if p, err := ports(s); err == nil && (p.count < 1 || uint64(p.first)+uint64(p.count) > 1<<16) {
			t.Errorf("ports %+v", p)
		}
	})
}
