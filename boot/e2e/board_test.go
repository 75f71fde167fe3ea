//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"yolk/boot/qemu"
)

// What is special about the Raspberry Pi: how it is started, and by whom.

const board = "../../apps/board"

// boardSays is what apps/board prints on QEMU's raspi3b, but for the memory, which
// depends on the size of the image.
var boardSays = []string{
	"CPUs           4\n",
	"model          Raspberry Pi 3 Model B Rev 1.2\n",
	"MAC address    52:54:00:12:34:56\n",
	"temperature    25.0 C\n",
	"clock          700.0 MHz\n",
	"LED            write /sys/class/leds/ACT/brightness: no such device\n", // the emulator has none
}

// boardCommand is emulator for a program with options for the kernel and arguments
// for the program.
func boardCommand(t *testing.T, options, program, args string, edits ...string) *exec.Cmd {
	t.Helper()
	flags := []string{"-plat", "rpi3", "-net", "none"}
	for _, o := range strings.Fields(options) {
		flags = append(flags, "-opt", o)
	}
	flags = append(flags, image(t, program, "-plat", "rpi3"), "--")
	return emulator(t, append(flags, strings.Fields(args)...), edits...)
}

// The board's first serial port is the PL011, its second the mini UART.
const (
	first  = "-serial chardev:console"
	second = "-serial null -serial chardev:console"
)

// device is the option that gives the machine a device tree.
func device(t *testing.T) string {
	t.Helper()
	line := boardCommand(t, "", board, "").Args[2]
	_, rest, ok := strings.Cut(line, " -dtb ")
	if !ok {
		t.Fatal("no -dtb in ", line)
	}
	file, _, _ := strings.Cut(rest, " ")
	return " -dtb " + file
}

// firmwareTree makes a device tree like the firmware's own (bcm2710-rpi-3-b.dtb):
// no stdout-path, and serial0 is the mini UART, whose rate nobody has set.
func firmwareTree(t *testing.T) string {
	t.Helper()
	dtc, err := exec.LookPath("dtc")
	if err != nil {
		t.Skip("needs dtc, of the package device-tree-compiler")
	}
	text, err := os.ReadFile("../../kernel/chip/bcm2837/tree/rpi3.dts")
	if err != nil {
		t.Fatal(err)
	}
	tree := strings.NewReplacer(
		"serial0 = &uart0", "serial0 = &uart1", "serial1 = &uart1", "serial1 = &uart0",
		`stdout-path = "serial0:115200n8";`, "", "current-speed = <115200>;", "",
		"memory@0 {", "memory {").Replace(string(text))
	file := t.TempDir() + "/firmware.dtb"
	cmd := exec.Command(dtc, "-q", "-O", "dtb", "-o", file)
	cmd.Stdin = strings.NewReader(tree)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

// TestBoard starts the board as its firmware may: with a device tree or without,
// the console on either serial port.
func TestBoard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options string
		edits   []string
	}{
		"device tree":              {"", nil},
		"no device tree":           {"", []string{device(t), ""}},
		"mini UART by option":      {"console=ttyS0,115200", []string{first, second}},
		"mini UART without a tree": {"console=miniuart", []string{first, second, device(t), ""}},
		"screen is no console":     {"console=serial0,115200 console=tty1", nil},
	} {
		t.Run(name, func(t *testing.T) { facts(t, boardCommand(t, c.options, board, "", c.edits...)) })
	}
}

// TestBoardFirmware starts the board with a tree like its firmware's, on the port
// that this names.
func TestBoardFirmware(t *testing.T) {
	t.Parallel()
	facts(t, boardCommand(t, "", board, "", first, second, device(t), " -dtb "+firmwareTree(t)))
}

// facts looks at what apps/board prints.
func facts(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, complaint, status := finish(t, cmd)
	out = strings.ReplaceAll(out, "\r\n", "\n")
	var mib float64
	if _, after, ok := strings.Cut(out, "\nmemory "); !ok || status != 0 {
		t.Errorf("status %d, no memory", status)
	} else if fmt.Sscanf(after, "%f MiB", &mib); mib < 940 || mib > 960 { // 1 GiB less VideoCore's 64 MiB and the image
		t.Errorf("%v MiB of memory", mib)
	}
	for _, want := range boardSays {
		if !strings.Contains(out, want) {
			t.Errorf("no %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s\n%s", out, complaint)
	}
}

// TestBoardInput: what is typed before the kernel runs is not lost, on either
// port.
func TestBoardInput(t *testing.T) {
	t.Parallel()
	for options, port := range map[string]string{"console=ttyAMA0": first, "console=ttyS0": second} {
		cmd := boardCommand(t, options, probe, "stdin", first, port)
		cmd.Stdin = strings.NewReader("one\ntwo\n\x04")
		out, complaint, status := finish(t, cmd)
		if want := "ONE\r\nTWO\r\nend of input\r\n"; status != 0 || out != want {
			t.Errorf("%s: status %d, %q, %q", options, status, out, complaint)
		}
	}
}

// TestBoardEndsAlone: a real board has nobody to take a status. The program's end
// and the kernel's then stop the machine by its watchdog.
func TestBoardEndsAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"exit 3", ""},
		{"panic", "panic: on purpose"},
		{"crash pointer", "yolk: page fault in kernel context"},
	} {
		out, complaint, status := finish(t, boardCommand(t, "", probe, c.args, " -semihosting-config enable=on,target=gdb", ""))
		if status != 0 || !strings.Contains(out, c.want) {
			t.Errorf("%s: status %d, %q, %q", c.args, status, out, complaint)
		}
	}
}

// TestBoardIdles: four cores with nothing to do cost the emulator's host less
// than 2 % of a processor.
func TestBoardIdles(t *testing.T) {
	t.Parallel() // the processor time of one process, whoever else runs
	const idle = 5 * time.Second
	cmd := boardCommand(t, "", probe, "idle")
	end := startUntil(t, cmd, "waiting")
	defer end()
	defer cmd.Process.Kill()
	time.Sleep(time.Second) // the runtime's own work after its start
	before, err1 := qemu.ProcessorTime(cmd.Process.Pid)
	time.Sleep(idle)
	after, err2 := qemu.ProcessorTime(cmd.Process.Pid)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	cost := after - before
	t.Logf("%v of host processor in %v", cost, idle)
	if cost > idle/50 {
		t.Errorf("%v of host processor in %v of idleness", cost, idle)
	}
}
