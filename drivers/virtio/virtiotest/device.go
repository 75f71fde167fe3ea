package virtiotest

import (
	"fmt"
	"sync"

	"yolk/drivers/virtio"
)

// Device is a virtio device's registers: a virtio.Transport by itself, or behind
// MMIO or PCI registers. The exported fields are set before a driver sees it.
type Device struct {
	Kind     virtio.DeviceID
	Features virtio.Feature // offered; add virtio.FeatureVersion1
	Sizes    []int          // maximum size of each queue
	Conf     []byte         // device configuration
	Mem      *Memory

	OnNotify  func(queue int)       // doorbell; may be called by several goroutines
	Serve     map[int]func()        // doorbells of queues served at once instead
	OnStatus  func(s virtio.Status) // after each status write, 0 included
	OldStyle  bool                  // a legacy device: see Legacy
	Torn      int                   // configuration reads during which it changes
	Hang      bool                  // status never returns to 0
	Deny      bool                  // FEATURES_OK does not stick
	bus       sync.Mutex            // guards Conf's bytes while a driver runs
	mu        sync.Mutex            // guards what follows
	status    virtio.Status
	accepted  virtio.Feature
	gen       uint32
	interrupt virtio.Interrupt
	queues    []*Queue
	vectors   map[int]uint16
}

var _ virtio.Transport = (*Device)(nil)

// DeviceID implements virtio.Transport.
func (d *Device) DeviceID() virtio.DeviceID { return d.Kind }

// Legacy implements virtio.Transport.
func (d *Device) Legacy() bool { return d.OldStyle }

// Reset implements virtio.Transport.
func (d *Device) Reset() error {
	d.SetStatus(0)
	return virtio.WaitReset(d.Status)
}

// Status implements virtio.Transport.
func (d *Device) Status() virtio.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// SetStatus implements virtio.Transport.
func (d *Device) SetStatus(s virtio.Status) {
	d.mu.Lock()
	if s == 0 && d.Hang {
		s = d.status | virtio.StatusNeedsReset
	}
	if s == 0 {
		d.queues, d.accepted, d.interrupt = nil, 0, 0
	}
	if d.Deny {
		s &^= virtio.StatusFeaturesOK
	}
	d.status = s
	d.mu.Unlock()
	if d.OnStatus != nil {
		d.OnStatus(s)
	}
}

// DeviceFeatures implements virtio.Transport.
func (d *Device) DeviceFeatures() virtio.Feature { return d.Features }

// SetDriverFeatures implements virtio.Transport. It panics when the driver
// accepts what was not offered.
func (d *Device) SetDriverFeatures(f virtio.Feature) {
	if f&^d.Features != 0 {
		panic(fmt.Sprintf("virtiotest: driver accepts %#x, offered %#x", f, d.Features))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.accepted = f
}

// Accepted returns what the driver agreed to.
func (d *Device) Accepted() virtio.Feature {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accepted
}

// MaxQueueSize implements virtio.Transport.
func (d *Device) MaxQueueSize(queue int) int {
	if queue < 0 || queue >= len(d.Sizes) {
		return 0
	}
	return d.Sizes[queue]
}

// SetupQueue implements virtio.Transport. It panics on what a device may rely on.
func (d *Device) SetupQueue(queue, size int, a virtio.QueueAddresses) error {
	if size > d.MaxQueueSize(queue) || size&(size-1) != 0 {
		panic(fmt.Sprintf("virtiotest: queue %d set up with size %d", queue, size))
	}
	if d.OldStyle {
		if a != legacyAddresses(a.Descriptors, size) || size != d.Sizes[queue] {
			panic(fmt.Sprintf("virtiotest: legacy queue %d of %d at %+v", queue, size, a))
		}
	}
	if a.Descriptors%16 != 0 || a.Driver%4 != 0 || a.Device%4 != 0 {
		panic(fmt.Sprintf("virtiotest: queue %d misaligned: %+v", queue, a))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.status&virtio.StatusFeaturesOK == 0 && !d.OldStyle || d.status&virtio.StatusDriverOK != 0 {
		panic(fmt.Sprintf("virtiotest: queue set up in status %#x", d.status))
	}
	for len(d.queues) < len(d.Sizes) {
		d.queues = append(d.queues, &Queue{mem: d.Mem})
	}
	d.queues[queue] = newQueue(d.Mem, size, a, d.accepted)
	return nil
}

// SetupConfigInterrupt implements virtio.Transport.
func (d *Device) SetupConfigInterrupt() error { return nil }

// legacyAddresses is where a legacy device finds the parts of a split ring
// (VIRTIO 1.2, 2.7.2): in pages from the first on.
func legacyAddresses(ring uint64, size int) virtio.QueueAddresses {
	n := uint64(size)
	if ring%4096 != 0 {
		panic(fmt.Sprintf("virtiotest: legacy ring at %#x", ring))
	}
	return virtio.QueueAddresses{Descriptors: ring, Driver: ring + 16*n, Device: (ring + 16*n + 6 + 2*n + 4095) &^ 4095}
}

// Queue returns the device's side of a queue, nil before the driver set it up.
func (d *Device) Queue(n int) *Queue {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n >= len(d.queues) || !d.queues[n].ready {
		return nil
	}
	return d.queues[n]
}

// Notify implements virtio.Transport. It panics before DRIVER_OK.
func (d *Device) Notify(queue int) {
	if d.Status()&virtio.StatusDriverOK == 0 {
		panic("virtiotest: notification before DRIVER_OK")
	}
	if serve := d.Serve[queue]; serve != nil {
		serve()
	} else if d.OnNotify != nil {
		d.OnNotify(queue)
	}
}

// Config implements virtio.Transport.
func (d *Device) Config() virtio.Region {
	if d.Conf == nil {
		return nil
	}
	return d.conf()
}

// conf is the configuration space, whose accesses are whole whoever else is at it.
func (d *Device) conf() virtio.Region { return &shared{&d.bus, Bytes(d.Conf)} }

// ConfigGeneration implements virtio.Transport. While Torn lasts, each call gives
// a new number.
func (d *Device) ConfigGeneration() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.Torn > 0 {
		d.Torn--
		d.gen++
	}
	return d.gen
}

// Raise sets causes of the interrupt line.
func (d *Device) Raise(i virtio.Interrupt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.interrupt |= i
}

// Acknowledge implements virtio.Transport.
func (d *Device) Acknowledge() { d.TakeCauses() }

// TakeCauses returns the causes of the interrupt line and clears them.
func (d *Device) TakeCauses() virtio.Interrupt {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := d.interrupt
	d.interrupt = 0
	return i
}
