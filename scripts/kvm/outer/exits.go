//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	debug    = "/sys/kernel/debug"
	exitID   = debug + "/tracing/events/kvm/kvm_exit/id"
	perCount = 8 // bytes
)

// interrupt is the reason of an exit for an interrupt of the host's own, such as its
// clock's (AMD64 Architecture Programmer's Manual 2, appendix C: VMEXIT_INTR).
const interrupt = 0x60

// counters count the tracepoint kvm:kvm_exit on each processor, and hostCounters those
// for the host's interrupts. KVM's own statistics are gone once the machine has ended.
var counters, hostCounters []int

// countExits starts the counters.
func countExits() error {
	text, err := os.ReadFile(exitID)
	if err != nil {
		return err
	}
	id, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return fmt.Errorf("%s: %w", exitID, err)
	}
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_TRACEPOINT, Config: id}
	attr.Size = uint32(unix.PERF_ATTR_SIZE_VER0)
	for cpu := range runtime.NumCPU() {
		for _, list := range []*[]int{&counters, &hostCounters} {
			fd, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
			if err != nil {
				return fmt.Errorf("perf_event_open: %w", err)
			}
			*list = append(*list, fd)
		}
	}
	for _, fd := range hostCounters {
		if err := filter(fd, fmt.Sprintf("exit_reason == %d", interrupt)); err != nil {
			return err
		}
	}
	return nil
}

// exits returns how many times machines have left the guest. One runs at a time.
func exits() int { return sum(counters) }

// hostExits returns how many of these were for the host's interrupts.
func hostExits() int { return sum(hostCounters) }

func sum(counters []int) (n int) {
	var count [perCount]byte
	for _, fd := range counters {
		if _, err := unix.Read(fd, count[:]); err == nil {
			n += int(binary.NativeEndian.Uint64(count[:]))
		}
	}
	return n
}
