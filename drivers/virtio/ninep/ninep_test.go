package ninep_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"yolk/drivers/virtio"
	driver "yolk/drivers/virtio/ninep"
	"yolk/drivers/virtio/virtiotest"
	"yolk/kernel/posix/ninep"
	"yolk/kernel/posix/ninep/ninetest"
)

const version1 = virtio.FeatureVersion1

// device is a 9P device over a server. spoil may answer a chain itself.
func device(s *ninetest.Server, features virtio.Feature, size int, spoil func(*virtiotest.Queue, *virtiotest.Chain) bool) *virtiotest.Device {
	d := &virtiotest.Device{
		Kind: virtio.ID9P, Features: features | 1, Sizes: []int{size}, Mem: virtiotest.NewMemory(4 << 20),
		Conf: []byte("\x03\x00fs0"),
	}
	var c virtiotest.Chain
	d.OnNotify = func(int) { // with the driver's lock
		q := d.Queue(0)
		for q.Pop(&c) || q.EnableKick() && q.Pop(&c) {
			if spoil != nil && spoil(q, &c) {
				continue
			}
			answer := s.Serve(bytes.Join(c.Out, nil))
			n := 0
			for _, in := range c.In {
				n += copy(in, answer[n:])
			}
			q.Push(c.Head, n)
			q.Publish()
		}
	}
	return d
}

// TestDevice writes and reads a file by each kind of ring, with many requests at once.
func TestDevice(t *testing.T) {
	for name, c := range map[string]struct {
		features virtio.Feature
		size     int
	}{
		"split": {version1, 128}, "event index": {version1 | virtio.FeatureEventIdx, 128},
		"packed": {version1 | virtio.FeatureRingPacked, 64}, "one at a time": {version1, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := &ninetest.Server{Root: t.TempDir()}
			v := device(s, c.features, c.size, nil)
			d, err := driver.New(v, v.Mem, nil)
			if err != nil || d.Tag != "fs0" {
				t.Fatal(d, err)
			}
			client, root, e := ninep.Start(d, driver.MaxData, "")
			if e != 0 {
				t.Fatal(e)
			}
			var all sync.WaitGroup
			for i := range 20 {
				all.Go(func() { writeAndRead(t, client, root, string(rune('a'+i)), 10000+i) })
			}
			all.Wait()
			if entries, err := os.ReadDir(s.Root); len(entries) != 20 {
				t.Error(len(entries), err)
			}
			if err := d.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

func writeAndRead(t *testing.T, c *ninep.Client, root uint32, name string, n int) {
	f, _, _, e := c.Walk(root, nil)
	if e != 0 {
		t.Error(e)
		return
	}
	if _, e = c.Create(f, name, syscall.O_RDWR, 0o644); e != 0 {
		t.Error(e)
		return
	}
	content := bytes.Repeat([]byte(name), n)
	if k, e := c.Write(f, content, 0); k != n || e != 0 {
		t.Error(k, e)
	}
	got := make([]byte, n)
	if k, e := c.Read(f, got, 0); k != n || e != 0 || !bytes.Equal(got, content) {
		t.Error(k, e)
	}
	c.Clunk(f)
}

// TestRefuse: devices that cannot be.
func TestRefuse(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*virtiotest.Device)
		want   error
	}{
		"another kind":   {func(d *virtiotest.Device) { d.Kind = virtio.IDNet }, driver.ErrKind},
		"no tag":         {func(d *virtiotest.Device) { d.Conf = []byte{0, 0} }, driver.ErrTag},
		"a tag too long": {func(d *virtiotest.Device) { d.Conf[0] = 4 }, driver.ErrTag},
		"no space":       {func(d *virtiotest.Device) { d.Conf = nil }, virtio.ErrConfigShort},
		"no queue":       {func(d *virtiotest.Device) { d.Sizes = []int{2} }, virtio.ErrNoQueue},
	} {
		v := device(nil, version1, 128, nil)
		c.change(v)
		if _, err := driver.New(v, v.Mem, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// TestEnd: a device that breaks a rule, asks for a reset, leaves or is silent ends all
// requests, also those that wait.
func TestEnd(t *testing.T) {
	for what, c := range map[string]struct {
		spoil func(*virtiotest.Device, *virtiotest.Queue, *virtiotest.Chain)
		want  error
	}{
		"silent": {func(*virtiotest.Device, *virtiotest.Queue, *virtiotest.Chain) {}, driver.ErrTimeout},
		"needs a reset": {func(d *virtiotest.Device, _ *virtiotest.Queue, _ *virtiotest.Chain) {
			go d.SetStatus(d.Status() | virtio.StatusNeedsReset)
		}, driver.ErrReset},
		"gone": {func(d *virtiotest.Device, _ *virtiotest.Queue, _ *virtiotest.Chain) {
			go d.SetStatus(virtio.StatusGone)
		}, driver.ErrGone},
		"too long": {func(_ *virtiotest.Device, q *virtiotest.Queue, c *virtiotest.Chain) {
			q.Push(c.Head, 1<<20)
			q.Publish()
		}, virtio.ErrUsedLen},
		"of nobody": {func(_ *virtiotest.Device, q *virtiotest.Queue, c *virtiotest.Chain) {
			q.PushRaw(77, 10)
			q.Publish()
		}, virtio.ErrUsedID},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &ninetest.Server{Root: t.TempDir()}
				var v *virtiotest.Device
				lies := false
				v = device(s, version1, 128, func(q *virtiotest.Queue, ch *virtiotest.Chain) bool {
					if lies {
						c.spoil(v, q, ch)
					}
					return lies
				})
				irq := make(interrupt, 1)
				d, err := driver.New(v, v.Mem, irq)
				if err != nil {
					t.Fatal(err)
				}
				client, root, e := ninep.Start(d, driver.MaxData, "")
				if e != 0 {
					t.Fatal(e)
				}
				lies = true
				var all sync.WaitGroup
				for range 3 {
					all.Go(func() {
						if _, e := client.Getattr(root); e != syscall.EIO {
							t.Error(e)
						}
					})
				}
				all.Wait()
				if err := d.Err(); !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
				if _, e := client.Getattr(root); e != syscall.EIO {
					t.Error(e)
				}
			})
		})
	}
}

// interrupt is one that never comes by itself.
type interrupt chan struct{}

func (i interrupt) Wait(int) { <-i }
func (i interrupt) Wake(int) { i <- struct{}{} }

// TestPosted: a request whose answer interests nobody reaches the device within a second.
func TestPosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &ninetest.Server{Root: t.TempDir()}
		os.WriteFile(filepath.Join(s.Root, "f"), nil, 0o644)
		v := device(s, version1, 128, nil)
		d, err := driver.New(v, v.Mem, nil)
		if err != nil {
			t.Fatal(err)
		}
		client, root, _ := ninep.Start(d, driver.MaxData, "")
		f, _, _, e := client.Walk(root, []string{"f"})
		if e != 0 || s.Fids() != 2 {
			t.Fatal(e, s.Fids())
		}
		client.Clunk(f)
		d.Err()
		synctest.Wait()
		waitSecond()
		if n := s.Fids(); n != 1 {
			t.Errorf("%d fids", n)
		}
	})
}
