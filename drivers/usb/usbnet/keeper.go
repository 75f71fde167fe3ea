package usbnet

import (
	"sync"
	"time"

	"yolk/drivers/usb"
)

// keeper looks after a running device, on a goroutine of its own: it finds out about
// the link when the device says that something has happened, and whether frames wait
// for a transfer that was lost.
type keeper struct {
	d       *Device
	f       *function
	arrived uint64        // transfers, at the last look
	suspect bool          // then frames waited and none had come
	ask     chan struct{} // look at the link
	stop    chan struct{} // closed: end
	ended   chan struct{} // closed: has ended

	mu   sync.Mutex
	over bool // nothing is submitted any more
}

func newKeeper(d *Device, f *function) *keeper {
	k := &keeper{d: d, f: f, ask: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	go k.run()
	return k
}

// end stops the keeper and waits for that.
func (k *keeper) end() {
	close(k.stop)
	<-k.ended
}

func (k *keeper) run() {
	defer close(k.ended)
	notice, err := k.listen()
	defer notice.free()
	if err != nil {
		k.d.stop(err)
		return
	}
	look := time.NewTicker(patience)
	defer look.Stop()
	signal(k.ask)
	for {
		select {
		case <-k.stop:
			k.quiet()
			return
		case <-k.ask:
			err = k.link()
		case <-look.C:
			err = k.watch()
		}
		if err != nil {
			k.d.stop(err)
		}
	}
}

// link finds out about the link.
func (k *keeper) link() error {
	var up bool
	err := k.f.call(func() (err error) {
		up, err = k.f.chip.Link()
		return err
	})
	if err == nil {
		k.d.setLink(up)
	}
	return err
}

// watch looks whether frames wait and none come: twice, because some may just have
// come to the chip.
func (k *keeper) watch() error {
	suspect, before := k.suspect, k.arrived
	k.arrived, k.suspect = k.d.rx.arrived.Load(), false
	if k.arrived != before || k.d.failed.Load() || !k.d.rx.under() {
		return nil
	}
	err := k.f.call(func() (err error) {
		k.suspect, err = k.f.chip.Waiting()
		return err
	})
	if err == nil && k.suspect && suspect {
		err = ErrLost
	}
	return err
}

// listen submits a transfer for what the device has to say, again and again.
func (k *keeper) listen() (b buffer, err error) {
	p := k.f.pipes.Notice
	if p == nil {
		return b, nil
	}
	if b, err = allocate(k.d.mem, max(usb.Align, int(p.Endpoint().MaxPacket))); err != nil {
		return b, err
	}
	t := &usb.Transfer{Data: b.mem[:p.Endpoint().MaxPacket], Addr: b.addr}
	t.Done = func(t *usb.Transfer) {
		if t.Err != nil {
			k.d.stop(t.Err)
			return
		}
		if k.f.chip.Notice(t.Data[:t.N]) {
			signal(k.ask)
		}
		if err := k.submit(t); err != nil {
			k.d.stop(err)
		}
	}
	return b, k.submit(t)
}

// submit has the device tell more, until quiet.
func (k *keeper) submit(t *usb.Transfer) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.over {
		return nil
	}
	return k.f.pipes.Notice.Submit(t)
}

// quiet ends the transfer that listens. One that has just ended is not submitted again,
// for which Cancel would wait.
func (k *keeper) quiet() {
	k.mu.Lock()
	k.over = true
	k.mu.Unlock()
	if p := k.f.pipes.Notice; p != nil {
		p.Cancel()
	}
}
