//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestBridges: cards behind bridges, as libvirt (a root port that is one function of
// several) and Proxmox (a conventional bridge behind another) put them, work and
// interrupt, by messages and on GICv3 by their line: with firmware that assigns all
// (SeaBIOS), bus numbers only (qboot), and with none (virt).
func TestBridges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		flags []string
	}{
		{"q35", []string{"-machine", "q35"}},
		{"q35-seabios", []string{"-machine", "q35", "-qemu", "-bios", "-qemu", "bios-256k.bin"}},
		{"virt", []string{"-arch", "arm64", "-machine", "virt"}},
		{"virt-gic3", []string{"-arch", "arm64", "-machine", "virt-gic3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, far := freePort(t), freePort(t)
			args := append([]string{"run", "-log", "info", "-net", "none"}, c.flags...)
			for _, o := range []string{
				"-device", "pcie-root-port,id=r0,chassis=1,addr=5.0,multifunction=on",
				"-device", "pcie-root-port,id=r1,chassis=2,addr=5.1",
				"-device", "pcie-pci-bridge,id=b0,bus=r0",
				"-device", "pci-bridge,id=b1,bus=b0,addr=4,chassis_nr=3",
				"-device", "virtio-net-pci,bus=b1,addr=7,disable-legacy=on,romfile=,netdev=near",
				"-device", "virtio-net-pci,bus=r1,romfile=,netdev=far",
				"-netdev", fmt.Sprintf("socket,id=near,udp=127.0.0.1:%d,localaddr=127.0.0.1:%d", far, near),
				"-netdev", fmt.Sprintf("socket,id=far,udp=127.0.0.1:%d,localaddr=127.0.0.1:%d", near, far),
			} {
				args = append(args, "-qemu", o)
			}
			out, complaint, status := output(t, append(args, "./testdata/wire")...)
			for _, want := range []string{":07.0 is netdev 0", ":00.0 is netdev 1", "\nfrom 0: 60 bytes\nfrom 1: 60 bytes\n"} {
				if status != 0 || !strings.Contains(out, want) {
					t.Errorf("status %d, no %q\n%s%s", status, want, out, complaint)
				}
			}
		})
	}
}
