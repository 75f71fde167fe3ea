package netdev

import "sync"

var registry struct {
	sync.RWMutex
	devices []*Device
}

// Register makes a device of drv under the next number. Numbers are handed out
// in order from 0 and stay with their device. Safe for concurrent use.
func Register(drv Driver) *Device {
	registry.Lock()
	defer registry.Unlock()
	d := newDevice(drv, len(registry.devices))
	registry.devices = append(registry.devices, d)
	return d
}

// Count returns how many devices are registered.
func Count() int {
	registry.RLock()
	defer registry.RUnlock()
	return len(registry.devices)
}

// Get returns device number n, or nil when there is none.
func Get(n int) *Device {
	registry.RLock()
	defer registry.RUnlock()
	if n < 0 || n >= len(registry.devices) {
		return nil
	}
	return registry.devices[n]
}
