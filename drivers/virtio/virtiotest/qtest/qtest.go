// Package qtest runs drivers against QEMU's own devices from an ordinary test on
// the host, with no guest: the processor halts at its first instruction, QEMU
// serves register accesses over its qtest socket, and guest memory is a file that
// both processes map. So a driver meets the devices it will meet in an image.
package qtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"yolk/boot/child"
	"yolk/drivers/virtio"
	"yolk/netdev/netbuf"
)

// Guest memory: RAM from physical 0; device memory is handed out above the first
// megabyte.
const (
	ramBytes = 64 << 20
	dmaStart = 1 << 20
)

// Machine is a QEMU without a processor at work. It implements virtio.Memory.
type Machine struct {
	ram []byte

	mu   sync.Mutex // one request at a time; also guards next
	conn net.Conn
	in   *bufio.Reader
	next int
}

// Start runs qemu-system-x86_64 with the given machine type and devices until the
// test ends. Without QEMU the test is skipped.
func Start(t testing.TB, machine string, args ...string) *Machine {
	t.Helper()
	bin, err := exec.LookPath("qemu-system-x86_64")
	if err != nil {
		t.Skip("no QEMU on this machine")
	}
	dir := t.TempDir()
	m := &Machine{next: dmaStart}
	ram, sock, bios := filepath.Join(dir, "ram"), filepath.Join(dir, "qtest"), filepath.Join(dir, "bios")
	if err := m.mapRAM(ram); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bios, haltingBIOS(), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", sock)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := exec.Command(bin, append([]string{
		"-accel", "tcg", "-bios", bios, "-machine", machine + ",memory-backend=ram", "-nodefaults", "-display", "none",
		"-m", "64", "-object", fmt.Sprintf("memory-backend-file,id=ram,size=%d,mem-path=%s,share=on", ramBytes, ram),
		"-qtest", "unix:" + sock, "-qtest-log", "none",
	}, args...)...)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := child.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		syscall.Munmap(m.ram)
		if t.Failed() {
			t.Logf("%s\n%s", strings.Join(cmd.Args, " "), complaint.String())
		}
	})
	l.(*net.UnixListener).SetDeadline(time.Now().Add(10 * time.Second))
	if m.conn, err = l.Accept(); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		t.Fatalf("QEMU did not connect: %v\n%s", err, complaint.String())
	}
	m.in = bufio.NewReader(m.conn)
	return m
}

// haltingBIOS is firmware that stops the processor: at the reset vector, 16 bytes
// below its end, CLI; HLT; JMP to the HLT. (The machine as a whole must run, or
// devices do not: stopping it with -S would not do. The qtest accelerator would,
// but Debian's QEMU lacks it.)
func haltingBIOS() []byte {
	b := make([]byte, 64<<10)
	copy(b[len(b)-16:], []byte{0xfa, 0xf4, 0xeb, 0xfd})
	return b
}

// mapRAM creates the file behind guest memory and maps it.
func (m *Machine) mapRAM(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(ramBytes); err != nil {
		return err
	}
	m.ram, err = syscall.Mmap(int(f.Fd()), 0, ramBytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return err
}

// RAM returns guest memory.
func (m *Machine) RAM() []byte { return m.ram }

// Alloc implements virtio.Memory and netbuf.Memory.
func (m *Machine) Alloc(n, align int) ([]byte, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	start := (m.next + align - 1) &^ (align - 1)
	if start+n > ramBytes {
		return nil, 0, netbuf.ErrNoMemory
	}
	m.next = start + n
	return m.ram[start : start+n : start+n], uint64(start), nil
}

// Free implements virtio.Memory and netbuf.Memory; memory is not used again.
func (m *Machine) Free([]byte, uint64) {}

// ask sends a request and returns the number in the answer, 0 if there is none.
// The protocol is that of QEMU's softmmu/qtest.c: "OK [0xVALUE]"; lines about
// interrupts may come in between.
func (m *Machine) ask(format string, args ...any) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := fmt.Fprintf(m.conn, format+"\n", args...); err != nil {
		panic(fmt.Sprintf("qtest: %v", err))
	}
	for {
		line, err := m.in.ReadString('\n')
		f := strings.Fields(line)
		switch {
		case err != nil:
			panic(fmt.Sprintf("qtest: QEMU went away: %v", err))
		case len(f) > 0 && f[0] == "IRQ":
		case len(f) == 1 && f[0] == "OK":
			return 0
		case len(f) == 2 && f[0] == "OK":
			v, _ := strconv.ParseUint(f[1], 0, 64)
			return v
		default:
			panic(fmt.Sprintf("qtest: %q answered %q", fmt.Sprintf(format, args...), line))
		}
	}
}

// Region returns the device registers at a physical address.
func (m *Machine) Region(phys uint64, size uint32) virtio.Region {
	return &region{m, phys, size, access{"readb", "readw", "readl", "writeb", "writew", "writel"}}
}

// Ports returns the device registers at an I/O port.
func (m *Machine) Ports(port uint16, size uint32) virtio.Region {
	return &region{m, uint64(port), size, access{"inb", "inw", "inl", "outb", "outw", "outl"}}
}

// access names the protocol's requests.
type access struct{ read8, read16, read32, write8, write16, write32 string }

type region struct {
	m    *Machine
	base uint64
	size uint32
	access
}

func (r *region) at(off, width uint32) uint64 {
	if off%width != 0 || off+width > r.size {
		panic(fmt.Sprintf("qtest: access at %#x, width %d, outside %#x", off, width, r.size))
	}
	return r.base + uint64(off)
}

func (r *region) Len() uint32                { return r.size }
func (r *region) Read8(off uint32) uint8     { return uint8(r.m.ask("%s %#x", r.read8, r.at(off, 1))) }
func (r *region) Read16(off uint32) uint16   { return uint16(r.m.ask("%s %#x", r.read16, r.at(off, 2))) }
func (r *region) Read32(off uint32) uint32   { return uint32(r.m.ask("%s %#x", r.read32, r.at(off, 4))) }
func (r *region) Write8(off uint32, v uint8) { r.m.ask("%s %#x %#x", r.write8, r.at(off, 1), v) }
func (r *region) Write16(off uint32, v uint16) {
	r.m.ask("%s %#x %#x", r.write16, r.at(off, 2), v)
}
func (r *region) Write32(off uint32, v uint32) {
	r.m.ask("%s %#x %#x", r.write32, r.at(off, 4), v)
}
