//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"yolk/scripts/kvm/task"
)

// seen is an answer of boot/e2e/testdata/clock, of which the rest says nothing here.
type seen struct {
	Wall, Elapsed, Back int64
	Random              string
	asked, answered     time.Time
}

// restore stops a machine with that program and lets it go on, and then starts two from
// one snapshot of it: the time is right at once, what it measures does not go back, and
// no two draw the same random bytes.
func restore(t task.Task) error {
	drawn := map[string]bool{}
	var snapshot []byte
	var last seen
	err := watched(t, nil, func(q *monitor) (err error) {
		if last, err = look(t.Address, drawn, seen{}); err != nil {
			return err
		}
		const pause = 2 * time.Second
		if err = q.give("stop"); err != nil {
			return err
		}
		time.Sleep(pause)
		if err = q.give("cont"); err != nil {
			return err
		}
		now, err := look(t.Address, drawn, last)
		if err != nil {
			return err
		}
		if passed, real := now.Elapsed-last.Elapsed, now.answered.Sub(last.asked); passed > int64(real-pause+time.Second/2) {
			return fmt.Errorf("%d ns passed in the machine, of %v here without %v", passed, real, pause)
		}
		last = now
		snapshot, err = q.save()
		return err
	})
	for range 2 {
		if err == nil {
			err = watched(t, snapshot, func(q *monitor) error {
				if err := q.load(snapshot); err != nil {
					return err
				}
				_, err := look(t.Address, drawn, last)
				return err
			})
		}
	}
	if err == nil {
		fmt.Printf("kvm: %s: ok, stopped, saved and restored twice\n", t.Name)
	}
	return err
}

// watched runs the machine while do needs it, waiting for a snapshot if that is one.
func watched(t task.Task, snapshot []byte, do func(*monitor) error) error {
	args, want := slices.Clone(t.Args), t.Want
	if snapshot != nil {
		args, want = append(args, "-incoming", "unix:"+snapshotSocket), ""
	}
	m, err := start(args, want)
	if err != nil {
		return err
	}
	q, err := m.dial()
	if err == nil {
		err = do(q)
		q.Close()
	}
	m.stop()
	if err == nil && want != "" && !bytes.Contains(m.out.Bytes(), []byte(want)) {
		err = fmt.Errorf("it did not say %q", want)
	}
	if err != nil {
		return m.fault("%v", err)
	}
	return nil
}

// look gets an answer, which must fit what was seen before.
func look(address string, drawn map[string]bool, before seen) (s seen, err error) {
	for end := time.Now().Add(task.Patience); ; time.Sleep(100 * time.Millisecond) {
		if s, err = lookOnce(address); err == nil {
			break
		} else if time.Now().After(end) {
			return s, err
		}
	}
	wall := time.Unix(0, s.Wall)
	switch {
	case wall.Before(s.asked.Add(-time.Second)) || wall.After(s.answered.Add(time.Second)):
		return s, fmt.Errorf("it is %v there, and here %v", wall, s.answered)
	case s.Back != 0 || s.Elapsed < before.Elapsed:
		return s, fmt.Errorf("the time went back, from %+v to %+v", before, s)
	case drawn[s.Random]:
		return s, errors.New("random bytes were drawn twice")
	}
	drawn[s.Random] = true
	return s, nil
}

func lookOnce(address string) (s seen, err error) {
	s.asked = time.Now()
	c, err := net.DialTimeout("tcp", address, task.Patience)
	if err != nil {
		return s, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(c, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", address)
	text, err := io.ReadAll(c)
	if err != nil {
		return s, err
	}
	s.answered = time.Now()
	_, body, _ := bytes.Cut(text, []byte("\r\n\r\n"))
	return s, json.Unmarshal(body, &s)
}
