package packets

import (
	"bytes"
	"encoding/hex"
	"runtime"
	"testing"
	"time"

	"yolk/apps/udpkv/kv"
	"yolk/apps/wire"
	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

const (
	here  = wire.IPv4(0x0a000001)
	there = wire.IPv4(0x0a000002)
)

// pair joins a server and the device of a client.
func pair(t testing.TB) (*Server, *netdev.Device) {
	t.Helper()
	a, b := pipe.New()
	server, client := netdev.New(a), netdev.New(b)
	for _, d := range []*netdev.Device{server, client} {
		if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
			t.Fatal(err)
		}
	}
	return New(server, here, kv.Port, kv.NewStore(1<<20)), client
}

// query is the headers of a request from client to s.
func query(s *Server, client *netdev.Device) wire.UDP {
	return wire.UDP{DstMAC: s.mac, SrcMAC: client.HardwareAddr(), Src: there, Dst: here, SrcPort: 5, DstPort: kv.Port}
}

// send sends frame and lets the server have its turn.
func send(t testing.TB, s *Server, client *netdev.Device, frame []byte) {
	t.Helper()
	b, err := netbuf.New(netbuf.Heap, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		t.Fatal(err)
	}
	copy(b.Append(len(frame)), frame)
	if client.TxOne(0, b)&netdev.Success == 0 {
		t.Fatal("not sent")
	}
	if n, err := s.Turn(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
}

func request(h wire.UDP, op byte, key, value string) []byte {
	frame := make([]byte, wire.Headers+kv.MaxData)
	frame = frame[:wire.Headers+kv.Request(frame[wire.Headers:], op, 77, key, []byte(value))]
	h.Put(frame)
	return frame
}

func TestServer(t *testing.T) {
	s, client := pair(t)
	h := query(s, client)
	long := string(bytes.Repeat([]byte("v"), kv.MaxValue-4))
	for _, c := range []struct {
		op         byte
		key, value string
		status     byte
		want       string
	}{
		{kv.Get, "yolk", "", kv.NotFound, ""}, {kv.Set, "yolk", "egg", kv.OK, ""}, {kv.Get, "yolk", "", kv.OK, "egg"},
		{kv.Set, "long", long, kv.OK, ""}, {kv.Get, "long", "", kv.OK, long}, {9, "yolk", "", kv.Bad, ""},
	} {
		send(t, s, client, request(h, c.op, c.key, c.value))
		b, _ := client.RxOne(0)
		if b == nil {
			t.Fatal("no answer")
		}
		got, payload, fault := wire.Parse(b.Bytes())
		op, status, id, v, _ := kv.Answer(payload)
		if fault != wire.Fine || got != h.Reply() || op != c.op || status != c.status || id != 77 || string(v) != c.want || b.Len() < wire.MinFrame {
			t.Errorf("%d %s: %v %+v, status %d, id %d, value of %d", c.op, c.key, fault, got, status, id, len(v))
		}
		b.Free()
	}
	if s.Answered != 6 || s.Ignored != 0 {
		t.Error(s)
	}
}

// TestOptions: a request behind IPv4 options is answered without them.
func TestOptions(t *testing.T) {
	s, client := pair(t)
	h := query(s, client)
	plain := request(h, kv.Set, "yolk", "egg")
	long := append(append(bytes.Clone(plain[:34]), 1, 1, 1, 1), plain[34:]...) // four times "no operation"
	long[14], long[17] = 0x46, long[17]+4
	long[24], long[25] = 0, 0
	sum := ^netbuf.Fold(netbuf.Sum(0, long[14:38]))
	long[24], long[25] = byte(sum>>8), byte(sum)
	send(t, s, client, long)
	b, _ := client.RxOne(0)
	if b == nil {
		t.Fatal("no answer: ", s)
	}
	got, payload, fault := wire.Parse(b.Bytes())
	if op, status, id, _, _ := kv.Answer(payload); fault != wire.Fine || got != h.Reply() || op != kv.Set || status != kv.OK || id != 77 {
		t.Errorf("%v, % x", fault, payload)
	}
}

// junk is a frame to everybody that means nothing.
func junk() []byte { return append(wire.Broadcast[:], make([]byte, 54)...) }

// TestIgnored: what is not for this server is freed and gets no answer.
func TestIgnored(t *testing.T) {
	s, client := pair(t)
	frames := map[string][]byte{"nothing": junk()}
	for name, change := range map[string]func(*wire.UDP){
		"port": func(h *wire.UDP) { h.DstPort++ }, "address": func(h *wire.UDP) { h.Dst++ },
		"everybody": func(h *wire.UDP) { h.DstMAC = wire.Broadcast },
	} {
		h := query(s, client)
		change(&h)
		frames[name] = request(h, kv.Get, "yolk", "")
	}
	frames["checksum"] = request(query(s, client), kv.Get, "yolk", "")
	frames["checksum"][wire.OffUDPSum] ^= 1
	frames["short"] = request(query(s, client), kv.Get, "", "")[:wire.Headers+4]
	h := query(s, client)
	h.Put(frames["short"])
	for name, f := range frames {
		send(t, s, client, f)
		if b, _ := client.RxOne(0); b != nil {
			t.Errorf("%s was answered", name)
		}
	}
	if s.Ignored != uint64(len(frames)) {
		t.Error(s)
	}
}

func TestARP(t *testing.T) {
	s, client := pair(t)
	ask, err := hex.DecodeString("ffffffffffff020000000002" + "0806" + "0001080006040001" + "020000000002" + "0a000002" + "000000000000" + "0a000001")
	if err != nil {
		t.Fatal(err)
	}
	send(t, s, client, append(ask, make([]byte, 18)...))
	b, _ := client.RxOne(0)
	if b == nil || s.ARP != 1 || netdev.HardwareAddr(b.Bytes()[22:28]) != s.mac || b.Len() != 60 {
		t.Error("no answer: ", s)
	}
}

// TestBuffersComeBack: a server goes on after more requests than it has buffers.
func TestBuffersComeBack(t *testing.T) {
	s, client := pair(t)
	for i := range 2000 {
		send(t, s, client, request(query(s, client), kv.Set, "k", "v"))
		send(t, s, client, junk())
		if b, _ := client.RxOne(0); b == nil {
			t.Fatalf("no answer to request %d", i)
		} else {
			b.Free()
		}
	}
}

// TestSleep: a server that sleeps wakes up for each request.
func TestSleep(t *testing.T) {
	s, client := pair(t)
	h := query(s, client) // asked of the device before the server's goroutine has it
	done := make(chan error)
	go func() {
		for s.Answered < 100 {
			n, err := s.Turn()
			if n == 0 && err == nil {
				err = s.Sleep()
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for i := range 100 {
		b, err := netbuf.New(netbuf.Heap, netbuf.DefaultSize, netbuf.DefaultHeadroom)
		if err != nil {
			t.Fatal(err)
		}
		ask := request(h, kv.Set, "k", "v")
		copy(b.Append(len(ask)), ask)
		client.TxOne(0, b)
		for deadline := time.Now().Add(20 * time.Second); ; {
			if in, _ := client.RxOne(0); in != nil {
				in.Free()
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("no answer to request %d", i)
			}
			runtime.Gosched()
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func FuzzAnswer(f *testing.F) {
	s, client := pair(f)
	f.Add(request(query(s, client), kv.Set, "key", "value"))
	f.Add(make([]byte, 60))
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) > 1514 {
			return
		}
		b, err := netbuf.New(netbuf.Heap, netbuf.DefaultSize, netbuf.DefaultHeadroom)
		if err != nil {
			t.Fatal(err)
		}
		copy(b.Append(len(frame)), frame)
		if !s.answer(b) {
			return
		}
		if _, payload, fault := wire.Parse(b.Bytes()); fault == wire.Fine {
			if _, _, _, _, ok := kv.Answer(payload); !ok {
				t.Fatal("an answer without a header")
			}
		} else if b.Bytes()[12] != 8 || b.Bytes()[13] != 6 {
			t.Fatalf("the answer is %v", fault)
		}
	})
}

// BenchmarkServer is what a request costs, without its device.
func BenchmarkServer(b *testing.B) {
	s, client := pair(b)
	send(b, s, client, request(query(s, client), kv.Set, "yolk", "egg"))
	ask := request(query(s, client), kv.Get, "yolk", "")
	p, err := netbuf.NewPool(netbuf.Heap, 1, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		in := p.Get()
		copy(in.Append(len(ask)), ask)
		if !s.answer(in) {
			b.Fatal("no answer")
		}
		in.Free()
	}
}

func TestNoAllocations(t *testing.T) {
	s, client := pair(t)
	send(t, s, client, request(query(s, client), kv.Set, "yolk", "egg"))
	ask := request(query(s, client), kv.Get, "yolk", "")
	var held [8]*netbuf.Buf
	p, err := netbuf.NewPool(netbuf.Heap, 1, netbuf.DefaultSize, netbuf.DefaultHeadroom)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(200, func() {
		out := p.Get()
		copy(out.Append(len(ask)), ask)
		client.TxOne(0, out)
		s.Turn()
		n, _ := client.RxBurst(0, held[:])
		netbuf.FreeBurst(held[:n])
	}); n != 0 {
		t.Errorf("%v allocations for a request", n)
	}
}
