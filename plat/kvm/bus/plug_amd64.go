//go:build yolk

package bus

import (
	"sync"

	"yolk/kernel/boot"
	"yolk/kernel/irq"
	"yolk/kernel/posix/device"
)

// hotPlug is the machine's hot plug by ACPI. It is set by its first use and not by an
// initialiser: whoever wants a virtio-rng for the first random numbers comes before.
var hotPlug struct {
	once sync.Once
	*plug
}

// byACPI returns it, nil for a machine without. It serves from then on.
func byACPI() *plug {
	hotPlug.once.Do(func() { hotPlug.plug = openPlug() })
	return hotPlug.plug
}

func openPlug() *plug {
	e, ok := device.NewEvent()
	if !ok {
		return nil
	}
	port, ok := boot.HotPlug(irq.Event(e))
	if !ok {
		return nil
	}
	p := &plug{regs: &portRegion{port, plugSize}}
	go func() {
		for {
			e.Wait()
			p.serve()
		}
	}()
	return p
}
