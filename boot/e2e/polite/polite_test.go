package polite

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const page = "good day\n"

// serve starts a server and returns its address.
func serve(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestLoad(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, page) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	r := Load{Addr: s.Listener.Addr().String(), Path: "/", Want: page, Conns: 3, Requests: 20}.Run(t.Context())
	if err := r.Check(); err != nil || r.Answered != 60 || opened.Load() != 3 {
		t.Errorf("%v on %d connections, %v; want 60 on 3", r, opened.Load(), err)
	}
	if r.Quantile(0.5) <= 0 || r.Quantile(0.5) > r.Quantile(1) || r.Longest() != r.Quantile(1) || r.Rate() <= 0 {
		t.Errorf("%v: quantiles %v %v", r, r.Quantile(0.5), r.Quantile(1))
	}
}

// TestFresh: each request on a connection of its own, for as long as is asked.
func TestFresh(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	var asked atomic.Int64
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if io.WriteString(w, page); asked.Add(1) == 5 {
			end()
		}
	})
	r := Load{Addr: addr, Path: "/", Want: page, Fresh: time.Millisecond}.Run(ctx)
	if err := r.Check(); err != nil || r.Answered != 5 {
		t.Errorf("%v, %v; want 5 answers", r, err)
	}
}

func TestWrongAnswers(t *testing.T) {
	for _, c := range []struct{ name, want string }{{"/other", `"other"`}, {"/missing", "404"}, {"/cut", "EOF"}} {
		addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/other":
				io.WriteString(w, "other")
			case "/cut":
				w.Header().Set("Content-Length", "100")
			default:
				http.NotFound(w, r)
			}
		})
		r := Load{Addr: addr, Path: c.name, Want: page, Conns: 1, Requests: 1}.Run(t.Context())
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), c.want) || len(r.Failed) != 1 || r.Answered != 0 {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestLate: who waits too long is told of while it waits, and afterwards.
func TestLate(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(Bound + 100*time.Millisecond) // that is what is tested
		io.WriteString(w, page)
	})
	told := make(chan Wait, 1)
	r := Load{Addr: addr, Path: "/", Want: page, Conns: 1, Requests: 1, Late: func(w Wait) { told <- w }}.Run(t.Context())
	if w := <-told; w.Conn != "connection 0" || w.Took != Bound {
		t.Errorf("told of %v", w)
	}
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), "1 waited longer than 1s") || len(r.Late) != 1 || r.Answered != 1 {
		t.Errorf("%v, %v", r, err)
	}
}

// TestGone: nobody waits for a machine that has ended.
func TestGone(t *testing.T) {
	gone, end := context.WithCancel(t.Context())
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		end()
		<-r.Context().Done()
	})
	r := Load{Addr: addr, Path: "/", Want: page, Conns: 1, Gone: gone}.Run(t.Context())
	if len(r.Failed) != 1 || r.Answered != 0 || r.Longest() > patience/2 {
		t.Errorf("%v", r)
	}
}

// history is a Host that has seen these samples, one every period.
func history(samples ...sample) (h *Host, at func(n int) time.Time) {
	began := time.Now()
	at = func(n int) time.Time { return began.Add(time.Duration(n) * period) }
	for i := range samples {
		samples[i].at = at(i)
	}
	return &Host{samples: samples}, at
}

func TestStarved(t *testing.T) {
	one := func(waited, ran time.Duration) sample {
		return sample{Usage: Usage{{id: 1, waited: waited, ran: ran}, {id: 2, waited: waited / 2, ran: time.Second}}}
	}
	h, at := history(one(time.Second, 0), one(time.Second, 0), one(1600*time.Millisecond, time.Second), one(9*time.Second, time.Second))
	w := Wait{Began: at(1), Took: period + 1}
	if s := h.During(w); s.Waited != 8*time.Second || s.Ran != time.Second {
		t.Errorf("%+v", s) // from the sample before the wait to the one after it
	}
	for _, c := range []struct {
		name          string
		took          time.Duration
		host          sample
		late, starved int
	}{
		{"on a free host", Bound + time.Millisecond, sample{}, 1, 0},
		{"half explained", 3 * Bound, one(Bound, 0), 1, 0},
		{"explained by the emulator's wait", 3 * Bound, one(2*Bound, 0), 0, 1},
		{"by this program's", 3 * Bound, sample{late: 2 * Bound}, 0, 1},
		{"within the bound", Bound, one(2*Bound, 0), 0, 0},
	} {
		h, at := history(one(0, 0), c.host)
		var r Result
		r.add(Wait{Began: at(0), Took: c.took})
		if got := merge([]Result{r}, h); len(got.Late) != c.late || len(got.Starved) != c.starved || (got.Check() != nil) != (c.late > 0) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestUse: this process has run, and its threads are told apart.
func TestUse(t *testing.T) {
	before := Use(os.Getpid())
	if _, err := os.Stat("/proc/self/schedstat"); err != nil {
		if len(before) > 0 {
			t.Error("where does this come from?", before)
		}
		return // a system that does not tell
	}
	for n := 0; Use(os.Getpid()).Since(before).Ran < 10*time.Millisecond; n++ {
		if n > 1e6 {
			t.Fatal("a million looks took no time")
		}
	}
	h := Watch(os.Getpid())
	began := time.Now()
	for h.During(Wait{Began: began, Took: time.Since(began)}).Ran == 0 {
	}
	h.Stop()
}
