package servers

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var kills = flag.Int("kills", 0, "how often TestKilled kills each machine: nothing without it")

// A store is a client of a server that keeps numbers.
type store interface {
	open(port int) error
	write(i int) error // returns when it was acknowledged
	all() (map[int]bool, error)
	close()
}

// TestKilled: the emulator of a server whose state is in a folder of this computer is killed
// after a random number of writes by four clients at the same time. A new machine has all
// that was acknowledged, of all rounds.
func TestKilled(t *testing.T) {
	if *kills == 0 {
		t.Skip("takes minutes: make test-killed")
	}
	for _, c := range []struct {
		name, guest, target string
		flags, args         []string
		store               store
	}{
		{"NATS", "4222", natsServer, []string{"-files", text(t, "nats.conf", natsConf)}, []string{"-c", "/nats.conf"}, &natsStore{}},
		{"SQLite", "8080", "./sqlite", nil, []string{"-db", "/data/app.db"}, &sqliteStore{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			port := freePort(t, false)
			line := append([]string{"run", "-n", "-q", "-memory", "256M", "-v", t.TempDir() + ":/data", "-p", fmt.Sprintf("%d:%s", port, c.guest)}, c.flags...)
			out, err := exec.Command(os.Getenv("YOLK"), append(append(line, c.target, "--"), c.args...)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			var acknowledged []int
			var next atomic.Int64
			for round := range *kills + 1 {
				machine := exec.Command("sh", "-c", "exec "+string(out))
				if err := machine.Start(); err != nil {
					t.Fatal(err)
				}
				kill := func() { machine.Process.Kill() }
				late := time.AfterFunc(limit, kill)
				retry(t, func() error { return c.store.open(port) })
				kept, err := c.store.all()
				for _, i := range acknowledged {
					if err == nil && !kept[i] {
						err = fmt.Errorf("%d was acknowledged and is lost", i)
					}
				}
				if err != nil {
					kill()
					t.Fatalf("round %d: %v", round, err)
				}
				if round < *kills {
					acknowledged = load(c.store, &next, acknowledged, len(acknowledged)+10+rand.IntN(200), kill)
				}
				t.Logf("round %d: %d acknowledged, %d of them and others found", round, len(acknowledged), len(kept))
				late.Stop()
				c.store.close()
				kill()
				machine.Wait()
			}
		})
	}
}

// load writes from four sides until so many were acknowledged, when it kills the machine,
// and returns those and what was acknowledged until then.
func load(s store, next *atomic.Int64, acknowledged []int, until int, kill func()) []int {
	var lock sync.Mutex
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				i := int(next.Add(1))
				if s.write(i) != nil {
					return
				}
				lock.Lock()
				if acknowledged = append(acknowledged, i); len(acknowledged) == until {
					kill()
				}
				lock.Unlock()
			}
		})
	}
	all.Wait()
	return acknowledged
}

type natsStore struct {
	c         *nats.Conn
	js        jetstream.JetStream
	connected context.Context
}

func (s *natsStore) open(port int) (err error) {
	var end context.CancelFunc
	s.connected, end = context.WithCancel(context.Background())
	s.c, s.js, err = connect(s.connected, port, nats.ClosedHandler(func(*nats.Conn) { end() }))
	return err
}

func (s *natsStore) close() { s.c.Close() }

func (s *natsStore) write(i int) error {
	_, err := s.js.Publish(s.connected, "kept.n", []byte(strconv.Itoa(i)), jetstream.WithRetryAttempts(0))
	return err
}

func (s *natsStore) all() (map[int]bool, error) {
	ctx := context.Background()
	stream, err := s.js.Stream(ctx, "kept")
	if err != nil {
		return nil, err
	}
	kept, n := map[int]bool{}, int(stream.CachedInfo().State.Msgs)
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil || n == 0 {
		return kept, err
	}
	batch, err := consumer.Fetch(n, jetstream.FetchMaxWait(5*time.Minute))
	if err != nil {
		return nil, err
	}
	for m := range batch.Messages() {
		i, err := strconv.Atoi(string(m.Data()))
		if err != nil {
			return nil, err
		}
		kept[i] = true
	}
	return kept, batch.Error()
}

type sqliteStore struct{ at string }

func (s *sqliteStore) open(port int) error {
	s.at = fmt.Sprintf("http://127.0.0.1:%d/", port)
	_, err := s.ask("create table if not exists kept (i integer)", "")
	return err
}

func (s *sqliteStore) close() {}

func (s *sqliteStore) ask(statement, values string) (string, error) {
	r, err := http.Post(s.at+values, "text/plain", strings.NewReader(statement))
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = errors.New(string(b))
	}
	return string(b), err
}

func (s *sqliteStore) write(i int) error {
	_, err := s.ask("insert into kept values (?1)", fmt.Sprintf("?v=%d", i))
	return err
}

func (s *sqliteStore) all() (map[int]bool, error) {
	if ok, err := s.ask("pragma integrity_check", ""); ok != "ok\n" || err != nil {
		return nil, fmt.Errorf("%q, %w", ok, err)
	}
	rows, err := s.ask("select i from kept", "")
	kept := map[int]bool{}
	for line := range strings.Lines(rows) {
		if i, e := strconv.Atoi(strings.TrimSpace(line)); e == nil {
			kept[i] = true
		} else if err == nil {
			err = e
		}
	}
	return kept, err
}
