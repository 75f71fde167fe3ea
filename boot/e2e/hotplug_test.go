//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"
)

// TestHotPlug: a card leaves its slot and comes back, twice. The interface is down
// meanwhile, with its address and its connections, which then go on. By ACPI's hot
// plug, which q35 has, and native, which virt has and q35 with ACPI's switched off.
func TestHotPlug(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"q35":        {"-machine", "q35"},
		"q35-native": {"-machine", "q35", "-qemu", "-global", "-qemu", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"},
		"virt":       {"-arch", "arm64", "-machine", "virt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			g := startGuest(t, port, append(flags, "-net", "none",
				"-qemu", "-netdev", "-qemu", fmt.Sprintf("user,id=wire,hostfwd=tcp:127.0.0.1:%d-:7", port),
				"-qemu", "-device", "-qemu", "pcie-root-port,id=up,chassis=1",
				"-qemu", "-device", "-qemu", "virtio-net-pci,id=card,bus=up,netdev=wire,mac=52:54:00:12:34:56,romfile=")...)
			g.expect(t, "up|running 10.0.2.15/24")
			q := monitor(t, g.monitor)
			c := g.dial(t)
			for range 2 {
				echo(t, c, "before")
				q("device_del", map[string]any{"id": "card"})
				g.expect(t, "eth0: link down")
				g.expect(t, "up 10.0.2.15/24")
				for devices := 2; devices > 1; time.Sleep(10 * time.Millisecond) {
					devices = len(q("qom-list", map[string]any{"path": "/machine/peripheral"}).([]any)) - 1 // beside its type
				}
				fmt.Fprint(c, "meanwhile")
				q("device_add", map[string]any{"driver": "virtio-net-pci", "id": "card", "bus": "up", "netdev": "wire", "mac": "52:54:00:12:34:56", "romfile": ""})
				g.expect(t, "eth0: link up")
				g.expect(t, "dhcp: the link is back, asking for 10.0.2.15 again")
				receive(t, c, "meanwhile")
			}
		})
	}
}
