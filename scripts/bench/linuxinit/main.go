//go:build linux

// Linuxinit is process 1 of the Linux guest that the benchmarks compare with.
// It loads the modules packed in /mod, configures eth0 from the
// variable YOLK_ADDR (the kernel passes unknown options of its command line as
// environment), and becomes /program with the arguments after "--".
package main

import (
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// modules in the order of their dependencies: a network card's, and those that
// scripts/benchnet, scripts/kvm and scripts/bench9p pack beside them.
var modules = []string{"failover", "net_failover", "virtio_ring", "virtio",
	"virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_mmio", "virtio_net",
	"pktgen", "uio", "uio_pci_generic", "irqbypass", "kvm", "kvm-amd", "tun",
	"usb-common", "usbcore", "udc-core", "roles", "phy-generic", "libphy", "selftests", "crc16", "smsc", "mii",
	"usbnet", "smsc95xx", "cdc_ether", "dwc2",
	"netfs", "fscache", "9pnet", "9pnet_virtio", "9p"}

// patience is how long eth0 may take to be found, which on USB it does after the
// modules are loaded.
const patience = 20 * time.Second

func main() {
	for dir, kind := range map[string]string{"/proc": "proc", "/sys": "sysfs", "/dev": "devtmpfs"} {
		check("mkdir "+dir, os.MkdirAll(dir, 0o755))
		check("mount "+dir, syscall.Mount(kind, dir, kind, 0, ""))
	}
	check("mkdir /tmp", os.MkdirAll("/tmp", 0o777))
	for _, name := range modules {
		check("module "+name, load("/mod/"+name+".ko"))
	}
	check("lo", configure("lo", netip.MustParsePrefix("127.0.0.1/8")))
	if addr := os.Getenv("YOLK_ADDR"); addr != "" {
		p, err := netip.ParsePrefix(addr)
		check("YOLK_ADDR", err)
		for start := time.Now(); !present("eth0") && time.Since(start) < patience; {
			time.Sleep(10 * time.Millisecond)
		}
		check("eth0", configure("eth0", p))
	}
	args := append([]string{"/program"}, os.Args[1:]...)
	check("/program", syscall.Exec("/program", args, os.Environ()))
}

// present reports whether there is an interface.
func present(name string) bool {
	_, err := os.Stat("/sys/class/net/" + name)
	return err == nil
}

// check complains on the console. Process 1 must not end, so it goes on.
func check(what string, err error) {
	if err != nil {
		fmt.Printf("linuxinit: %s: %v\n", what, err)
	}
}

// load loads a kernel module; one that is not there is built in or not needed.
func load(file string) error {
	f, err := os.Open(file)
	if os.IsNotExist(err) {
		return nil
	} else if err != nil {
		return err
	}
	defer f.Close()
	return finitModule(f.Fd())
}

// configure gives an interface its IPv4 address and mask, and brings it up.
func configure(name string, p netip.Prefix) error {
	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(s)
	ip := p.Addr().As4()
	mask := [4]byte{}
	for i := range p.Bits() {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	for _, c := range []struct {
		request uintptr
		data    []byte
	}{
		{syscall.SIOCSIFADDR, append([]byte{syscall.AF_INET, 0, 0, 0}, ip[:]...)},
		{syscall.SIOCSIFNETMASK, append([]byte{syscall.AF_INET, 0, 0, 0}, mask[:]...)},
		{syscall.SIOCSIFFLAGS, []byte{syscall.IFF_UP | syscall.IFF_RUNNING, 0}},
	} {
		if err := interfaceRequest(s, c.request, name, c.data); err != nil {
			return fmt.Errorf("ioctl %#x: %w", c.request, err)
		}
	}
	return nil
}
