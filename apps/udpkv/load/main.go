// Load asks a key-value server as fast as it answers, over sockets, from any
// computer: it sets keys, gets them, compares, and prints requests per second.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"net"
	"time"

	"yolk/apps/udpkv/kv"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("load: ")
	server := flag.String("server", fmt.Sprintf("127.0.0.1:%d", kv.Port), "the server's `ADDRESS`")
	window := flag.Int("window", 16, "requests under way at once")
	size := flag.Int("size", 32, "`BYTES` of a value")
	keys := flag.Int("keys", 100, "`NUMBER` of keys")
	length := flag.Duration("time", 5*time.Second, "how long, a `DURATION`")
	flag.Parse()
	const longestKey = 16
	switch {
	case *window < 1:
		log.Fatalf("-window %d: one request at least", *window)
	case *size < 0 || *size > kv.MaxValue-longestKey:
		log.Fatalf("-size %d: 0 to %d bytes, a value must fit in a packet", *size, kv.MaxValue-longestKey)
	case *keys < 1 || *keys > 1<<31:
		log.Fatalf("-keys %d: 1 to %d", *keys, 1<<31)
	case *length <= 0:
		log.Fatalf("-time %v: a time, such as 5s", *length)
	case flag.NArg() > 0:
		log.Fatalf("unexpected argument %q: see -help", flag.Arg(0))
	}
	conn, err := net.Dial("udp", *server)
	if err != nil {
		log.Fatal(err)
	}
	c := &client{conn: conn, keys: *keys, size: *size, window: *window}
	if err := c.fill(); err != nil {
		log.Fatal(err)
	}
	n, took, err := c.run(*length)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("load: %d requests in %.3f s: %.0f requests/s; %d lost\n", n, took.Seconds(), float64(n)/took.Seconds(), c.lost)
}

// client asks over one socket.
type client struct {
	conn   net.Conn
	keys   int
	size   int
	window int
	lost   int
	buf    [kv.MaxData]byte
}

// patience is how long an answer may take before it counts as lost.
const patience = 500 * time.Millisecond

func key(i int) string { return fmt.Sprint("key", i) }

// value is what key i has.
func (c *client) value(i int) []byte { return bytes.Repeat([]byte{byte(i)}, c.size) }

// fill sets all keys, one after the other. The server may still be starting.
func (c *client) fill() error {
	for i, tries := 0, 0; i < c.keys; tries++ {
		if tries > c.keys+100 {
			return fmt.Errorf("no answer from %v", c.conn.RemoteAddr())
		}
		n := kv.Request(c.buf[:], kv.Set, uint32(i), key(i), c.value(i))
		if _, err := c.conn.Write(c.buf[:n]); err != nil {
			time.Sleep(patience) // refused: nobody listens yet
			continue
		}
		c.conn.SetReadDeadline(time.Now().Add(patience))
		n, err := c.conn.Read(c.buf[:])
		if err != nil {
			continue
		}
		if op, status, id, _, ok := kv.Answer(c.buf[:n]); ok && op == kv.Set && id == uint32(i) {
			if status != kv.OK {
				return fmt.Errorf("the server's status for key %d is %d", i, status)
			}
			i++
		}
	}
	return nil
}

// run keeps a window of requests under way and returns how many were answered.
func (c *client) run(length time.Duration) (answered int, took time.Duration, err error) {
	begin := time.Now()
	asked, out := 0, 0
	for time.Since(begin) < length {
		for ; out < c.window; out++ {
			i := asked % c.keys
			n := kv.Request(c.buf[:], kv.Get, uint32(i), key(i), nil)
			if _, err := c.conn.Write(c.buf[:n]); err != nil {
				return 0, 0, err
			}
			asked++
		}
		c.conn.SetReadDeadline(time.Now().Add(patience))
		n, err := c.conn.Read(c.buf[:])
		if err != nil {
			c.lost += out
			out = 0
			continue
		}
		op, status, id, value, ok := kv.Answer(c.buf[:n])
		if ok && op == kv.Set {
			continue // fill asked again, and this is what the first time got
		}
		if !ok || op != kv.Get || status != kv.OK || !bytes.Equal(value, c.value(int(id))) {
			return 0, 0, fmt.Errorf("wrong answer for key %d: status %d, value %q", id, status, value)
		}
		answered++
		out = max(out-1, 0)
	}
	return answered, time.Since(begin), nil
}
