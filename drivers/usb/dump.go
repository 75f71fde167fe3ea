package usb

import (
	"fmt"
	"strings"
)

// Dump describes what is plugged in, one line a device and those of its configuration
// below, and ends with what the controller has to say: for a person, and for a report
// of what does not work.
func (h *Host) Dump() string {
	var b strings.Builder
	for _, d := range h.Devices() {
		d.dump(&b)
	}
	fmt.Fprintf(&b, "controller: %v\n", h.ctrl)
	return b.String()
}

func (d *Device) dump(b *strings.Builder) {
	dd := &d.descriptor
	fmt.Fprintf(b, "%s %04x:%04x %v, address %d, class %02x/%02x/%02x, USB %x.%02x", d.place, dd.Vendor, dd.Product,
		d.speed, d.address, dd.Class, dd.Subclass, dd.Protocol, dd.USB>>8, dd.USB&0xff)
	if d.tt.Hub != 0 {
		fmt.Fprintf(b, ", translator %d port %d", d.tt.Hub, d.tt.Port)
	}
	if d.config == nil {
		b.WriteString(", no driver\n")
		return
	}
	fmt.Fprintf(b, ", configuration %d, %d mA\n", d.config.Value, d.config.MaxPower)
	for _, i := range d.config.Interfaces {
		for _, a := range i.Alternates {
			fmt.Fprintf(b, "  interface %d setting %d, class %02x/%02x/%02x\n", i.Number, a.Setting, a.Class, a.Subclass, a.Protocol)
			for _, e := range a.Endpoints {
				fmt.Fprintf(b, "    %v, %d times %d bytes, interval %d\n", &e, e.Mult, e.MaxPacket, e.Interval)
			}
		}
	}
}
