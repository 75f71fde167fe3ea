package netdev

import "sync"

var registry struct {
	sync.RWMutex
	devices []Device
}

// Register gives dev the next number and returns it. Numbers are handed out in
// order from 0 and stay with their device. Safe for concurrent use.
func Register(dev Device) int {
	registry.Lock()
	defer registry.Unlock()
	registry.devices = append(registry.devices, dev)
	return len(registry.devices) - 1
}

// Count returns how many devices are registered.
func Count() int {
	registry.RLock()
	defer registry.RUnlock()
	return len(registry.devices)
}

// Get returns device number n, or nil when there is none.
func Get(n int) Device {
	registry.RLock()
	defer registry.RUnlock()
	if n < 0 || n >= len(registry.devices) {
		return nil
	}
	return registry.devices[n]
}
