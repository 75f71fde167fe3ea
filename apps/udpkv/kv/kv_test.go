package kv

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// ask does one request in a buffer of the least size.
func ask(t testing.TB, s *Store, op byte, key, value string) (status byte, got string) {
	t.Helper()
	buf := make([]byte, MaxData)
	n := s.Serve(buf, Request(buf, op, 0xfeedbeef, key, []byte(value)))
	o, status, id, v, ok := Answer(buf[:n])
	if !ok || o != op || id != 0xfeedbeef || buf[2] != 0 || buf[3] != 0 {
		t.Fatalf("answer % x", buf[:n])
	}
	return status, string(v)
}

func TestStore(t *testing.T) {
	s := NewStore(1 << 20)
	long := strings.Repeat("v", MaxValue-1)
	for _, c := range []struct {
		op         byte
		key, value string
		status     byte
		got        string
	}{
		{Get, "k", "", NotFound, ""}, {Delete, "k", "", NotFound, ""},
		{Set, "k", "one", OK, ""}, {Get, "k", "", OK, "one"},
		{Set, "k", "two", OK, ""}, {Get, "k", "", OK, "two"},
		{Set, "k", "longer", OK, ""}, {Get, "k", "", OK, "longer"},
		{Set, "k", "s", OK, ""}, {Get, "k", "ignored", OK, "s"},
		{Set, "k", "", OK, ""}, {Get, "k", "", OK, ""},
		{Set, "l", long, OK, ""}, {Get, "l", "", OK, long}, {Get, "k", "", OK, ""},
		{Delete, "k", "", OK, ""}, {Get, "k", "", NotFound, ""},
		{9, "k", "", Bad, ""}, {0, "l", "", Bad, ""}, {Get, "", "", Bad, ""},
	} {
		if status, got := ask(t, s, c.op, c.key, c.value); status != c.status || got != c.got {
			t.Errorf("%d %s: status %d, %q", c.op, c.key, status, got)
		}
	}
	if s.Len() != 1 {
		t.Errorf("%d keys", s.Len())
	}
}

// TestFull: a full store keeps what it has, and takes again what was deleted.
func TestFull(t *testing.T) {
	s := NewStore(10 * (overhead + 2 + 100))
	value := strings.Repeat("x", 100)
	for round := range 3 {
		for i := range 10 {
			if status, _ := ask(t, s, Set, fmt.Sprint("k", i), value); status != OK {
				t.Fatalf("round %d, key %d: status %d", round, i, status)
			}
		}
		if status, _ := ask(t, s, Set, "more", ""); status != Full {
			t.Errorf("status %d", status)
		}
		if status, _ := ask(t, s, Set, "k3", value+"x"); status != Full {
			t.Errorf("a longer value: status %d", status)
		}
		if status, got := ask(t, s, Get, "k3", ""); status != OK || got != value {
			t.Error("a refused value replaced the old one")
		}
		for i := range 10 {
			ask(t, s, Delete, fmt.Sprint("k", i), "")
		}
		if s.used != 0 || s.Len() != 0 {
			t.Fatalf("%d bytes in %d keys after all are deleted", s.used, s.Len())
		}
	}
}

func TestNoAllocations(t *testing.T) {
	s := NewStore(1 << 20)
	ask(t, s, Set, "key", "value")
	buf := make([]byte, MaxData)
	if n := testing.AllocsPerRun(100, func() {
		s.Serve(buf, Request(buf, Set, 1, "key", []byte("other")))
		s.Serve(buf, Request(buf, Get, 2, "key", nil))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzServe: any sequence of datagrams, split at each 0xff, leaves a store whose
// count of bytes is right.
func FuzzServe(f *testing.F) {
	buf := make([]byte, MaxData)
	f.Add(append([]byte{}, buf[:Request(buf, Set, 1, "key", []byte("value"))]...))
	f.Add([]byte{Get, 0, 0, 9, 0, 0, 0, 1, 'k'})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewStore(4 << 10)
		for _, d := range bytes.Split(data, []byte{0xff}) {
			buf := make([]byte, max(MaxData, len(d)))
			copy(buf, d)
			n := s.Serve(buf, len(d))
			if n != 0 && n < Header || n > MaxData || (n == 0) != (len(d) < Header) {
				t.Fatalf("answer of %d bytes to one of %d", n, len(d))
			}
		}
		used := 0
		for k, v := range s.values {
			used += overhead + len(k) + cap(v)
		}
		if used != s.used || used > s.limit {
			t.Fatalf("%d bytes, counted %d, limit %d", used, s.used, s.limit)
		}
	})
}

func BenchmarkGet(b *testing.B) {
	s := NewStore(1 << 20)
	ask(b, s, Set, "key", "value")
	buf := make([]byte, MaxData)
	b.ReportAllocs()
	for b.Loop() {
		s.Serve(buf, Request(buf, Get, 1, "key", nil))
	}
}
