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

// Reasons of exits (AMD64 Architecture Programmer's Manual 2, appendix C): an interrupt of
// the host's own, such as its clock's (VMEXIT_INTR), and memory that the guest touches and
// the host has not mapped yet (VMEXIT_NPF).
const (
	interrupt = 0x60
	firstUse  = 0x400
)

// A counter counts the tracepoint kvm:kvm_exit, one on each processor. KVM's own statistics
// are gone once the machine has ended.
type counter []int

// allExits counts all, the others those of one reason.
var allExits, hostExits, memoryExits counter

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
	for _, c := range []struct {
		*counter
		filter string
	}{{&allExits, ""}, {&hostExits, reason(interrupt)}, {&memoryExits, reason(firstUse)}} {
		if err := c.start(id, c.filter); err != nil {
			return err
		}
	}
	return nil
}

// reason is a filter's expression.
func reason(code int) string { return fmt.Sprintf("exit_reason == %d", code) }

// start counts what an expression is true for, all if that is "".
func (c *counter) start(tracepoint uint64, expression string) error {
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_TRACEPOINT, Config: tracepoint}
	attr.Size = uint32(unix.PERF_ATTR_SIZE_VER0)
	for cpu := range runtime.NumCPU() {
		fd, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if err != nil {
			return fmt.Errorf("perf_event_open: %w", err)
		}
		*c = append(*c, fd)
		if expression == "" {
			continue
		}
		if err := filter(fd, expression); err != nil {
			return err
		}
	}
	return nil
}

// count returns how many times machines have left the guest for that. One runs at a time.
func (c counter) count() (n int) {
	var count [perCount]byte
	for _, fd := range c {
		if _, err := unix.Read(fd, count[:]); err == nil {
			n += int(binary.NativeEndian.Uint64(count[:]))
		}
	}
	return n
}
