package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"

	"yolk/boot/image"
	"yolk/scripts/bench/linuxguest"
)

// linuxGuest is Debian's kernel with netlinux as its program, and testpmd with the
// libraries it needs where the host has it.
type linuxGuest struct {
	*linuxguest.Guest
	dpdk bool
}

// linuxModules are the kernel modules packed for netlinux; linuxinit loads them.
var linuxModules = []string{"net/core/pktgen.ko", "drivers/uio/uio.ko", "drivers/uio/uio_pci_generic.ko"}

// prepareLinux makes the guest.
func (b *bench) prepareLinux() (*linuxGuest, error) {
	dpdk, err := testpmdFiles()
	if err != nil {
		b.say("DPDK in the Linux guest left out: %v", err)
	}
	l := &linuxGuest{dpdk: err == nil}
	m := linuxguest.Maker{Context: b.ctx, Work: b.work, Say: b.say}
	if l.Guest, err = m.Make("amd64", "scripts/benchnet/netlinux", dpdk, linuxModules...); err != nil {
		return nil, err
	}
	return l, nil
}

// library finds the files that ldd(1) names.
var library = regexp.MustCompile(`/[^\s:]+\.so[^\s:]*`)

// testpmdFiles are testpmd, the drivers it needs, and all their libraries.
func testpmdFiles() (files []image.Files, err error) {
	testpmd, err := exec.LookPath("dpdk-testpmd")
	if err != nil {
		return nil, err
	}
	drivers, _ := filepath.Glob("/usr/lib/x86_64-linux-gnu/dpdk/pmds-*/librte_*.so.*[0-9]")
	wanted := []string{testpmd}
	for _, d := range drivers {
		for _, name := range []string{"librte_net_virtio.so.23", "librte_bus_pci.so.23", "librte_mempool_ring.so.23"} {
			if filepath.Base(d) == name {
				wanted = append(wanted, d)
			}
		}
	}
	if len(wanted) != 4 {
		return nil, fmt.Errorf("DPDK's drivers for virtio are not where Debian 12 has them")
	}
	text, err := exec.Command("ldd", wanted...).Output()
	if err != nil {
		return nil, fmt.Errorf("ldd: %w", err)
	}
	paths := map[string]string{testpmd: "/usr/bin/dpdk-testpmd"}
	for _, l := range append(library.FindAllString(string(text), -1), wanted[1:]...) {
		paths[l] = "/lib/" + filepath.Base(l)
	}
	paths["/lib/x86_64-linux-gnu/libgcc_s.so.1"] = "/lib/libgcc_s.so.1" // opened at run time
	paths["/lib64/ld-linux-x86-64.so.2"] = "/lib64/ld-linux-x86-64.so.2"
	for src, dst := range paths {
		real, err := filepath.EvalSymlinks(src)
		if err != nil {
			return nil, err
		}
		files = append(files, image.Files{Src: real, Dst: dst})
	}
	return files, nil
}

// linuxMemory has room for DPDK's libraries, which are unpacked in memory, and for
// its packets.
const linuxMemory = 640 << 20

// alone takes back the room for a second processor that qemu.Config leaves: a Linux
// that can have one only does without locked instructions.
var alone = []string{"-smp", "1,maxcpus=1"}

// command is that of a machine that runs the guest with arguments.
func (l *linuxGuest) command(cards []string, args ...string) []string {
	c := l.Config(machine(linuxMemory, append(alone, cards...)), "10.77.0.2/24", args)
	return append([]string{c.Program()}, c.Args()...)
}
