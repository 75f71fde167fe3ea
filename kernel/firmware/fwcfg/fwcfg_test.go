package fwcfg

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"yolk/boot/child"
)

// device is a firmware configuration device with two items.
type device struct {
	signature string
	cpus      [2]byte
	reading   []byte
}

func (d *device) ports() Ports {
	return Ports{
		Out16: func(port, v uint16) {
			switch {
			case port != portSelector:
				panic("wrong port")
			case v == itemSignature:
				d.reading = []byte(d.signature)
			case v == itemCPUs:
				d.reading = d.cpus[:]
			}
		},
		In8: func(port uint16) uint8 {
			if port != portData || len(d.reading) == 0 {
				return 0xff // as of a port where nothing is
			}
			b := d.reading[0]
			d.reading = d.reading[1:]
			return b
		},
	}
}

func TestCPUs(t *testing.T) {
	for _, c := range []struct {
		d  device
		n  int
		ok bool
	}{
		{device{signature: "QEMU", cpus: [2]byte{4, 0}}, 4, true},
		{device{signature: "QEMU", cpus: [2]byte{0x20, 1}}, 0x120, true},
		{device{signature: "QEMU"}, 0, false},
		{device{signature: "QEMU", cpus: [2]byte{0xff, 0xff}}, 0, false},
		{device{signature: "QEM"}, 0, false},
		{device{}, 0, false},
	} {
		if n, ok := CPUs(c.d.ports()); ok != c.ok || ok && n != c.n {
			t.Errorf("%+v: %d %v, want %d %v", c.d, n, ok, c.n, c.ok)
		}
	}
}

// TestQEMU asks the real device, whose ports QEMU serves over its qtest protocol
// while the processors stand still.
func TestQEMU(t *testing.T) {
	bin, err := exec.LookPath("qemu-system-x86_64")
	if err != nil {
		t.Skip("no QEMU on this machine")
	}
	for smp, want := range map[string]int{"1": 1, "4": 4, "1,maxcpus=2": 1} {
		cmd := exec.Command(bin, "-machine", "microvm,acpi=off", "-accel", "tcg", "-S", "-smp", smp, "-m", "32",
			"-nodefaults", "-display", "none", "-qtest", "stdio", "-qtest-log", "none")
		out, err1 := cmd.StdoutPipe()
		in, err2 := cmd.StdinPipe()
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if err := child.Start(cmd); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			cmd.Process.Kill()
			cmd.Wait()
		})
		n, ok := CPUs(qtest(t, bufio.NewReader(out), in))
		if !ok || n != want {
			t.Errorf("-smp %s: %d %v, want %d", smp, n, ok, want)
		}
	}
}

// qtest is ports over QEMU's qtest protocol: "outw PORT VALUE" is answered by
// "OK", "inb PORT" by "OK 0xVALUE".
func qtest(t *testing.T, in *bufio.Reader, out io.Writer) Ports {
	ask := func(format string, args ...any) (v int) {
		fmt.Fprintf(out, format+"\n", args...)
		line, err := in.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "OK") {
			t.Fatalf("QEMU answers %q: %v", line, err)
		}
		fmt.Sscanf(line, "OK 0x%x", &v)
		return v
	}
	return Ports{
		Out16: func(port, v uint16) { ask("outw %#x %#x", port, v) },
		In8:   func(port uint16) uint8 { return uint8(ask("inb %#x", port)) },
	}
}
