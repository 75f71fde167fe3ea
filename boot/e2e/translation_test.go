//go:build e2e

package e2e

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// fewTwice is how many blocks may be translated twice: code that runs before and
// after the processor is set up.
const fewTwice = 20

// TestTranslatedOnce: most of a boot's time under software emulation is the
// translation of code that runs once. QEMU keeps translations by processor state
// too, and where that changed for nothing (see arch/amd64's flatData) a fifth of
// a boot was translated again.
func TestTranslatedOnce(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	out, complaint, status := output(t, "run", "-net", "none", "-qemu", "-d", "-qemu", "in_asm", "-qemu", "-D", "-qemu", log, "../../apps/helloworld")
	if status != 0 || !strings.Contains(out, "Hello") {
		t.Fatalf("status %d, %q, %q", status, out, complaint)
	}
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	blocks, twice, first := map[string]int{}, 0, true
	for s := bufio.NewScanner(f); s.Scan(); {
		address, _, insn := strings.Cut(s.Text(), ":") // 0x00123456:  movq ...
		insn = insn && strings.HasPrefix(address, "0x")
		if insn && first {
			if blocks[address]++; blocks[address] > 1 {
				twice++
			}
		}
		first = !insn
	}
	t.Logf("%d blocks, %d of them twice", len(blocks), twice)
	if len(blocks) < 1000 || twice > fewTwice {
		t.Errorf("%d blocks translated, %d of them twice; want at most %d", len(blocks), twice, fewTwice)
	}
}

// fewLong is how many of the flushes of testdata/turns may take long. One does, and 14 did while
// a processor that had made a flush went on without a pause.
const fewLong = 5

// TestTurns: in virtual time, where QEMU runs one processor after the other, those that compute
// let the others make their flushes. Where goroutines run is a matter of chance, which one
// machine in twenty has against it.
func TestTurns(t *testing.T) {
	t.Parallel()
	for range 3 {
		out, complaint, status := output(t, "run", "-cpus", "4", "-net", "none", "-qemu", "-icount", "-qemu", "shift=1,sleep=off", "./testdata/turns")
		long, err := strconv.Atoi(strings.TrimSpace(out))
		if status != 0 || err != nil {
			t.Fatalf("status %d, %q, %q", status, out, complaint)
		}
		if long <= fewLong {
			return
		}
		t.Logf("%d flushes took long; want at most %d", long, fewLong)
	}
	t.Error("in three machines")
}
