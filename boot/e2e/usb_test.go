//go:build e2e

package e2e

import (
	"fmt"
	"testing"
)

// TestUSB enumerates what is on the Raspberry Pi's USB: a full-speed hub with a keyboard
// behind it, plugged in at boot; a mouse that comes to the hub and leaves again; and when
// the hub is pulled, a high-speed tablet in its place. The keyboard is pulled with its
// hub: it leaves too.
func TestUSB(t *testing.T) {
	t.Parallel()
	g := startProgram(t, "../../apps/usb", "-plat", "rpi3", "-net", "none",
		"-qemu", "-device", "-qemu", "usb-hub,id=hub,port=1", "-qemu", "-device", "-qemu", "usb-kbd,id=kbd,port=1.1")
	g.expect(t, "usb 1 (0409:55aa): full speed, hub")
	g.expect(t, "usb 1.1 (0627:0001): full speed, no driver")
	q := monitor(t, g.monitor)
	q("device_add", map[string]any{"driver": "usb-mouse", "id": "mouse", "port": "1.8"})
	g.expect(t, "usb 1.8 (0627:0001): full speed, no driver")
	g.expect(t, "1.8 0627:0001 full speed, address")
	q("device_del", map[string]any{"id": "mouse"})
	g.expect(t, "usb 1.8 (0627:0001): has left")
	for range 2 {
		q("device_del", map[string]any{"id": "kbd"})
		q("device_del", map[string]any{"id": "hub"})
		g.expect(t, "usb 1 (0409:55aa): has left")
		q("device_add", map[string]any{"driver": "usb-tablet", "id": "tablet", "port": "1"})
		g.expect(t, "usb 1 (0627:0001): high speed, no driver")
		q("device_del", map[string]any{"id": "tablet"})
		g.expect(t, "usb 1 (0627:0001): has left")
		q("device_add", map[string]any{"driver": "usb-hub", "id": "hub", "port": "1"})
		q("device_add", map[string]any{"driver": "usb-kbd", "id": "kbd", "port": "1.2"})
		g.expect(t, "usb 1.2 (0627:0001): full speed, no driver")
	}
	g.input.Close()
	g.expect(t, " 0 errors, 0 overruns, 0 stuck")
}

// TestUSBNet serves by a CDC Ethernet card behind a hub, all at full speed: a card that
// this emulator has itself. It cannot be pulled: QEMU 7.2 aborts when it asks a card that
// is gone for packets again (usb_ep_get).
func TestUSBNet(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	g := startGuest(t, port, "-plat", "rpi3", "-net", "none",
		"-qemu", "-netdev", "-qemu", fmt.Sprintf("user,id=wire,hostfwd=tcp:127.0.0.1:%d-:7", port),
		"-qemu", "-device", "-qemu", "usb-hub,port=1", "-qemu", "-device", "-qemu", "usb-net,id=card,netdev=wire,port=1.2")
	g.expect(t, "usb 1.2 (0525:a4a2): full speed, cdc-ecm")
	g.expect(t, "up|running 10.0.2.15/24")
	returned(t, g.dial(t), 64<<10)
}
