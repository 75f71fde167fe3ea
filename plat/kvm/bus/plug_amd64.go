//go:build yolk

package bus

import (
	"sync"

	"yolk/kernel/boot"
	"yolk/kernel/irq"
)

// byACPI is the machine's hot plug by ACPI, nil without it. It serves from when it is
// first asked for.
var byACPI = sync.OnceValue(func() *plug {
	e, ok := irq.NewEvent()
	if !ok {
		return nil
	}
	port, ok := boot.HotPlug(e)
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
})
