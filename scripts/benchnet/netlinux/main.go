//go:build linux

// Netlinux is the Linux guest's part in the network benchmark: it runs as
// /program after linuxinit, which has loaded the modules, and prints a rate every second, as apps/pktgen does.
//
//	netlinux send SIZE BURST   the kernel's own packet generator, module pktgen
//	netlinux receive           what the kernel receives, and then drops
//	netlinux dpdk ARGUMENTS    DPDK's testpmd on the card, over uio_pci_generic
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	args := os.Args[1:]
	if len(args) == 0 {
		args = []string{"?"}
	}
	var err error
	switch {
	case args[0] == "send" && len(args) == 3:
		err = send(args[1], args[2])
	case args[0] == "receive":
		err = receive()
	case args[0] == "dpdk":
		err = dpdk(args[1:])
	default:
		err = fmt.Errorf("unknown arguments %q", args)
	}
	fmt.Println("netlinux:", err)
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
}

// rate prints what apps/pktgen prints, to be read by the same code.
func rate(perSecond float64) { fmt.Printf("netlinux: %.0f packets/s\n", perSecond) }

// write writes a control file.
func write(name, text string) error { return os.WriteFile(name, []byte(text), 0) }

// pktgen's result line (Documentation/networking/pktgen.rst).
var pps = regexp.MustCompile(`(\d+)pps`)

// send generates packets in rounds of about a second each.
func send(size, burst string) error {
	const device = "/proc/net/pktgen/eth0"
	if err := write("/proc/net/pktgen/kpktgend_0", "add_device eth0"); err != nil {
		return err
	}
	count := 100_000
	for _, s := range []string{"clone_skb 0", "pkt_size " + size, "delay 0", "burst " + burst, "dst 10.77.0.1", "dst_mac 02:00:00:00:00:01"} {
		if err := write(device, s); err != nil {
			return fmt.Errorf("pktgen %q: %w", s, err)
		}
	}
	for {
		if err := write(device, "count "+strconv.Itoa(count)); err != nil {
			return err
		}
		if err := write("/proc/net/pktgen/pgctrl", "start\n"); err != nil {
			return err
		}
		text, err := os.ReadFile(device)
		if err != nil {
			return err
		}
		m := pps.FindSubmatch(text)
		if m == nil {
			return fmt.Errorf("pktgen says %q", text)
		}
		n, _ := strconv.Atoi(string(m[1]))
		rate(float64(n))
		count = max(n, 1000)
	}
}

// receive reads the card's counter.
func receive() error {
	for last, at := 0, time.Now(); ; {
		time.Sleep(time.Second)
		text, err := os.ReadFile("/sys/class/net/eth0/statistics/rx_packets")
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		now := time.Now()
		rate(float64(n-last) / now.Sub(at).Seconds())
		last, at = n, now
	}
}

// dpdk takes the card from its driver, gives it to uio_pci_generic, and becomes
// testpmd. Both logical cores are the guest's one processor: one prints, the
// other forwards.
func dpdk(args []string) error {
	link, err := filepath.EvalSymlinks("/sys/class/net/eth0/device/..")
	if err != nil {
		return err
	}
	slot := filepath.Base(link)
	for _, w := range [][2]string{
		{"/sys/bus/pci/devices/" + slot + "/driver/unbind", slot},
		{"/sys/bus/pci/devices/" + slot + "/driver_override", "uio_pci_generic"},
		{"/sys/bus/pci/drivers_probe", slot},
		{"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "96"},
	} {
		if err := write(w[0], w[1]); err != nil {
			return err
		}
	}
	for dir, kind := range map[string]string{"/dev": "devtmpfs", "/dev/hugepages": "hugetlbfs", "/var/run": "tmpfs"} {
		os.MkdirAll(dir, 0o755)
		if err := syscall.Mount(kind, dir, kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	argv := append([]string{"dpdk-testpmd", "--lcores", "0@0,1@0", "-m", "128", "-a", slot,
		"-d", "librte_mempool_ring.so.23", "-d", "librte_bus_pci.so.23", "-d", "librte_net_virtio.so.23", "--", "--auto-start", "--stats-period=1",
		"--total-num-mbufs=4096"}, args...)
	return syscall.Exec("/usr/bin/dpdk-testpmd", argv, append(os.Environ(), "LD_LIBRARY_PATH=/lib"))
}
