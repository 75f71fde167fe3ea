package socket

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"
)

// outageLog is what a stack logs at the two levels.
type outageLog struct{ info, warn []string }

func (l *outageLog) stack(t *testing.T) *Stack {
	t.Helper()
	into := func(list *[]string) func(string, ...any) {
		return func(format string, args ...any) { *list = append(*list, fmt.Sprintf(format, args...)) }
	}
	s, err := New(Options{Logf: into(&l.info), Warnf: into(&l.warn)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// TestOutage: it is a server, and nobody else, that a missing network is worth a
// warning to, once, whichever comes first.
func TestOutage(t *testing.T) {
	why := errors.New("no card")
	for _, c := range []struct {
		name  string
		typ   uintptr
		serve func(k sock)
		warns bool
	}{
		{"a listener", syscall.SOCK_STREAM, func(k sock) {
			k.bindTo("0.0.0.0:0")
			k.must(k.call(syscall.SYS_LISTEN, 1))
		}, true},
		{"a listener without a bind", syscall.SOCK_STREAM, func(k sock) { k.must(k.call(syscall.SYS_LISTEN, 1)) }, true},
		{"datagrams", syscall.SOCK_DGRAM, func(k sock) { k.bindTo("0.0.0.0:0") }, true},
		{"a listener at the loopback interface", syscall.SOCK_STREAM, func(k sock) {
			k.bindTo("127.0.0.1:0")
			k.must(k.call(syscall.SYS_LISTEN, 1))
		}, false},
		{"datagrams at the loopback interface", syscall.SOCK_DGRAM, func(k sock) { k.bindTo("127.0.0.1:0") }, false},
		{"a client's own port", syscall.SOCK_STREAM, func(k sock) { k.bindTo("0.0.0.0:0") }, false},
	} {
		for _, first := range []string{"server", "outage"} {
			t.Run(c.name+", first the "+first, func(t *testing.T) {
				var l outageLog
				s := l.stack(t)
				k := open(t, s, syscall.AF_INET, c.typ, 0)
				if first == "outage" {
					s.outage.begin(why)
				}
				c.serve(k)
				if first == "server" {
					s.outage.begin(why)
				}
				if first == "outage" {
					c.serve(open(t, s, syscall.AF_INET, c.typ, 0)) // told once
				}
				if want := []string{"no network: no card"}; c.warns != slices.Equal(l.warn, want) || !c.warns && len(l.warn) > 0 {
					t.Errorf("warned: %q", l.warn)
				}
			})
		}
	}
}

// TestOutageEnds: who heard of an outage hears of its end; one that is over is not
// told of.
func TestOutageEnds(t *testing.T) {
	var l outageLog
	s := l.stack(t)
	s.outage.serve()
	s.outage.begin(errors.New("no answer"))
	s.outage.end()("eth0: up")
	s.outage.begin(errors.New("late"))
	if want := []string{"no network: no answer", "eth0: up"}; !slices.Equal(l.warn, want) || len(l.info) > 0 {
		t.Errorf("%q, %q", l.warn, l.info)
	}
	l = outageLog{}
	s = l.stack(t)
	s.outage.serve()
	s.outage.end()("eth0: up")
	if len(l.warn) > 0 || !slices.Equal(l.info, []string{"eth0: up"}) {
		t.Errorf("no outage: %q, %q", l.warn, l.info)
	}
}
