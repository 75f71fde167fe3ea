package boot

import "yolk/kernel/cmdline"

// MMIODevices calls f for each virtio-mmio device that the loader announced.
func MMIODevices(f func(cmdline.MMIODevice)) {
	for i := range tokenLen {
		if t := &tokens[i]; t.kind == cmdline.Device {
			if d, ok := cmdline.ParseDevice(t.bytes()); ok {
				f(d)
			}
		}
	}
}
